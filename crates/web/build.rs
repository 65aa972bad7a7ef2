//! Makes sure that there is a folder to embed the desk from, so that the server builds without it.

fn main() {
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../desk/dist");
    std::fs::create_dir_all(&dist).expect("the folder of the built desk can be made");
    println!("cargo:rerun-if-changed={}", dist.display());
}
