//! What the macros cannot say of requests: how ids and versions are written, and what a creation
//! needs though a change may leave it out. It says what the routes ask for; it decides nothing.

use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{OpenApi as Document, RefOr, Required, Schema};

const ID: &str = "^[1-9][0-9]{0,18}$";
const VERSION: &str = "^(W/)?\"[1-9][0-9]{0,17}\"$";
const CURSOR: &str = "^[A-Za-z0-9_-]+$";
const LONGEST_KEY: usize = 200;

/// Where a body that is shared with a change stands for something new, and what it needs there.
const NEEDED: [(&str, &[&str]); 6] = [
    ("/agents", &["name", "email"]),
    ("/brands", &["name"]),
    ("/searches", &["name", "brand"]),
    ("/tags", &["name"]),
    ("/teams", &["name"]),
    ("/views", &["name"]),
];

/// Adds the bounds to every operation.
pub fn add(document: &mut Document) {
    for (path, item) in &mut document.paths.paths {
        if let Some(create) = &mut item.post
            && let Some((_, needed)) = NEEDED.iter().find(|(known, _)| known == path)
        {
            need(create, needed);
        }
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            // A body that may be null is sent all the same.
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                body.required = Some(Required::True);
            }
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    bound(parameter);
                }
            }
        }
    }
}

fn bound(parameter: &mut Parameter) {
    let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema else {
        return;
    };
    match parameter.name.as_str() {
        "id" => schema.pattern = Some(ID.to_owned()),
        "If-Match" => schema.pattern = Some(VERSION.to_owned()),
        "cursor" => schema.pattern = Some(CURSOR.to_owned()),
        "Idempotency-Key" => {
            schema.min_length = Some(1);
            schema.max_length = Some(LONGEST_KEY);
        }
        _ => {}
    }
}

/// Says which fields of its body a creation cannot do without.
fn need(create: &mut Operation, fields: &[&str]) {
    let Some(RefOr::T(body)) = &mut create.request_body else {
        return;
    };
    for content in body.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(shared) = content.schema.take()
        {
            let text = ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .build();
            let needed = fields.iter().fold(ObjectBuilder::new(), |object, field| {
                object.property(*field, text.clone()).required(*field)
            });
            content.schema = Some(AllOfBuilder::new().item(shared).item(needed).into());
        }
    }
}
