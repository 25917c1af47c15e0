//! EC2 Instance Connect Endpoints: one for each VPC that has an instance, described by EC2, and the tunnels through them:
//! `GET /openTunnel` with a signed query becomes a web socket whose binary frames are a port's bytes.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::StatusCode;
use hyper::http::request::Parts;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

use super::call::Call;
use super::fleet::Place;
use super::form::Form;
use super::refusal::Refusal;
use super::signature::Signature;
use super::world::World;
use super::xml::Xml;

pub const PATH: &str = "/openTunnel";
const SERVICE: &str = "ec2-instance-connect";
/// What the service lets through.
const PORTS: [u16; 2] = [22, 3389];
const READ: usize = 16 << 10;

struct Endpoint<'a> {
    id: String,
    vpc: &'a str,
    subnet: &'a str,
    zone: &'a str,
}

fn endpoints(place: &Place) -> Vec<Endpoint<'_>> {
    let mut found: Vec<Endpoint<'_>> = Vec::new();
    for instance in &place.instances {
        if found.iter().any(|endpoint| endpoint.vpc == instance.vpc_id) {
            continue;
        }
        let hash = hex::encode(Sha256::digest(&instance.vpc_id));
        found.push(Endpoint {
            id: format!("eice-{}", &hash[..17]),
            vpc: &instance.vpc_id,
            subnet: &instance.subnet_id,
            zone: &instance.zone,
        });
    }
    found
}

/// DescribeInstanceConnectEndpoints.
pub fn describe(world: &World, call: &Call<'_>, form: &Form, x: &mut Xml) -> Result<(), Refusal> {
    let filters = form.filters();
    let known = ["vpc-id", "subnet-id", "state", "instance-connect-endpoint-id"];
    if let Some(filter) = filters
        .iter()
        .find(|filter| !known.contains(&filter.name.as_str()))
    {
        return Err(Refusal::new(
            "InvalidParameterValue",
            format!("The filter '{}' is invalid", filter.name),
        ));
    }
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let all = place.map(endpoints).unwrap_or_default();
    let passes = |endpoint: &Endpoint<'_>| {
        filters.iter().all(|filter| {
            let fact = match filter.name.as_str() {
                "vpc-id" => endpoint.vpc,
                "subnet-id" => endpoint.subnet,
                "state" => "create-complete",
                _ => &endpoint.id,
            };
            filter.values.iter().any(|value| value == fact)
        })
    };
    x.within("instanceConnectEndpointSet", |x| {
        for endpoint in all.iter().filter(|endpoint| passes(endpoint)) {
            x.within("item", |x| {
                x.leaf("ownerId", &call.caller.account_id)
                    .leaf("instanceConnectEndpointId", &endpoint.id)
                    .leaf("state", "create-complete")
                    .leaf("dnsName", world.addr)
                    .leaf("availabilityZone", endpoint.zone)
                    .leaf("vpcId", endpoint.vpc)
                    .leaf("subnetId", endpoint.subnet)
                    .leaf("preserveClientIp", false);
            });
        }
    });
    Ok(())
}

/// Where a signed request for a tunnel may go, or its refusal.
pub fn admit(world: &World, parts: &Parts) -> Result<SocketAddr, (StatusCode, &'static str)> {
    let forbidden = (StatusCode::FORBIDDEN, "Forbidden");
    let signature = Signature::parse_query(parts).ok_or(forbidden)?;
    let key = world.keys.find(&signature.access_key_id);
    let caller = signature
        .verify(key, parts, b"", Timestamp::now())
        .map_err(|_| forbidden)?;
    if signature.service != SERVICE {
        return Err(forbidden);
    }
    let form = Form::parse(parts.uri.query().unwrap_or_default(), b"");
    let field = |name: &str| form.get(name).unwrap_or_default();
    let port = field("remotePort")
        .parse()
        .ok()
        .filter(|port| PORTS.contains(port))
        .ok_or((StatusCode::BAD_REQUEST, "Unsupported remotePort"))?;
    let fleet = world.fleet();
    let place = fleet.place(caller.account, &signature.region).ok_or(forbidden)?;
    let endpoint = endpoints(place)
        .into_iter()
        .find(|endpoint| endpoint.id == field("instanceConnectEndpointId"))
        .ok_or((StatusCode::NOT_FOUND, "Endpoint not found"))?;
    let now = Timestamp::now();
    let reachable = place.instances.iter().any(|instance| {
        instance.vpc_id == endpoint.vpc
            && instance.private_ip == field("privateIpAddress")
            && instance.power.is_running(now)
    });
    if !reachable {
        return Err((StatusCode::BAD_REQUEST, "privateIpAddress is not in the VPC"));
    }
    let here = SocketAddr::from(([127, 0, 0, 1], port));
    Ok(world.ports.get(&port).copied().unwrap_or(here))
}

/// Carries bytes until either side closes.
pub async fn serve<S>(mut socket: WebSocketStream<S>, to: SocketAddr)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = match TcpStream::connect(to).await {
        Ok(stream) => stream,
        Err(_) => {
            let frame = CloseFrame {
                code: CloseCode::Error,
                reason: "the instance refused the connection".into(),
            };
            let _ = socket.close(Some(frame)).await;
            return;
        }
    };
    let (mut from_port, mut to_port) = stream.split();
    let (mut to_client, mut from_client) = socket.split();
    let down = async {
        let mut read = vec![0; READ];
        while let Ok(count @ 1..) = from_port.read(&mut read).await {
            let frame = Message::Binary(Bytes::copy_from_slice(&read[..count]));
            if to_client.send(frame).await.is_err() {
                return;
            }
        }
    };
    let up = async {
        while let Some(Ok(message)) = from_client.next().await {
            match message {
                Message::Binary(bytes) if to_port.write_all(&bytes).await.is_ok() => {}
                Message::Binary(_) | Message::Close(_) => return,
                _ => {}
            }
        }
    };
    tokio::select! {
        () = down => {}
        () = up => {}
    }
    // Gone already, most likely.
    let _ = to_client.close().await;
}
