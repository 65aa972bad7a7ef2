//! Turns what a person may see into SQL, for every list, count, search, export and live event alike.

use kulant_model::ids::TeamId;
use kulant_model::role::Scope;

use crate::sql::value::Value;

/// Returns the condition that the team in `column` lies within a scope, and adds its parameters.
pub(crate) fn condition(scope: &Scope, column: &str, params: &mut Vec<Value>) -> String {
    match scope {
        Scope::Everything => "1 = 1".to_owned(),
        Scope::Teams(teams) if teams.is_empty() => "1 = 0".to_owned(),
        Scope::Teams(teams) => {
            let places: Vec<String> = teams
                .iter()
                .map(|team| {
                    params.push(Value::from(*team));
                    format!("${}", params.len())
                })
                .collect();
            format!("{column} IN ({})", places.join(", "))
        }
    }
}

/// As `condition`, for one team of a scope alone, so that a statement runs along its index.
pub(crate) fn of_team(team: TeamId, column: &str, params: &mut Vec<Value>) -> String {
    params.push(Value::from(team));
    format!("{column} = ${}", params.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_in_no_team_sees_anything_and_parameters_follow_those_before() {
        let mut params = vec![Value::Integer(9)];
        assert_eq!(
            condition(&Scope::Everything, "team_id", &mut params),
            "1 = 1"
        );
        let none = Scope::Teams([].into());
        assert_eq!(condition(&none, "team_id", &mut params), "1 = 0");
        let two = Scope::Teams([TeamId(4), TeamId(7)].into());
        assert_eq!(
            condition(&two, "c.team_id", &mut params),
            "c.team_id IN ($2, $3)"
        );
        assert_eq!(
            params,
            [Value::Integer(9), Value::Integer(4), Value::Integer(7)]
        );
    }
}
