//! Makes an image of a virtual machine and waits until it is finished:
//!
//!     bake [INSTANCE-ID]
//!
//! Without an instance, it first makes a simulated one known.

use std::time::Duration;

use imaged::{
    Client, CreateImageRequest, Error, Options, RegisterInstanceRequest, RegisteredDisk,
    WaitForImageRequest,
};

fn main() {
    if let Err(error) = bake(std::env::args().nth(1)) {
        eprintln!("bake: {error}");
        std::process::exit(1);
    }
}

fn bake(instance: Option<String>) -> Result<(), Error> {
    let client = Client::connect(Options::default())?;
    let instance_id = match instance {
        Some(id) => id,
        None => register(&client)?,
    };
    let request = CreateImageRequest {
        region_id: "cn-hangzhou".into(),
        client_token: format!("bake-{instance_id}"),
        instance_id,
        ..Default::default()
    };
    let image_id = client.create_image(&request)?.image_id;
    let wait = WaitForImageRequest { region_id: "cn-hangzhou".into(), image_id };
    let answer = client.with_timeout(Duration::from_secs(600)).wait_for_image(&wait)?;
    let image = answer.image.unwrap_or_default();
    println!("{}: {}", image.image_id, image.status);
    Ok(())
}

fn register(client: &Client) -> Result<String, Error> {
    let answer = client.register_instance(&RegisterInstanceRequest {
        region_id: "cn-hangzhou".into(),
        disk: vec![RegisteredDisk { size: Some(40), ..Default::default() }],
        ..Default::default()
    })?;
    Ok(answer.instance_id)
}
