//! By which address this machine reaches its peer. Another one means that the network changed under the connection;
//! none means that there is no network. Nothing is sent to find out: the kernel looks up its routes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

pub struct Route {
    peer: SocketAddr,
    from: Option<IpAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Same,
    Gone,
    /// There is one, and it is not the one of before.
    New,
}

impl Route {
    /// To the machine at the other end of the connection: the relay, or the proxy before it.
    pub fn to(peer: SocketAddr) -> Self {
        Self {
            peer,
            from: way_to(peer),
        }
    }

    /// What became of the route since the last look.
    pub fn look(&mut self) -> Look {
        self.compare(way_to(self.peer))
    }

    fn compare(&mut self, now: Option<IpAddr>) -> Look {
        if now == self.from {
            return Look::Same;
        }
        self.from = now;
        if now.is_some() { Look::New } else { Look::Gone }
    }
}

fn way_to(peer: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match peer {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(peer).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_the_same_until_its_address_is_another_or_gone() {
        let mut route = Route::to(SocketAddr::from(([127, 0, 0, 1], 443)));
        assert_eq!(route.look(), Look::Same);
        let other = Some(IpAddr::from([192, 0, 2, 7]));
        let seen = [None, None, other, other, None].map(|now| route.compare(now));
        assert_eq!(seen, [Look::Gone, Look::Same, Look::New, Look::Same, Look::Gone]);
    }
}
