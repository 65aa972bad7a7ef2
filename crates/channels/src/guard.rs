//! Which addresses kulant may connect to: the guard against being sent into the operator's own network.
//! Names are resolved here, every address is checked, and only a checked address is connected to.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

/// How far an address is from the open internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Public,
    /// Somebody's own network: only where the operator allows it.
    Private,
    /// Link-local, metadata, multicast, reserved: only for a host the operator names.
    Special,
}

/// An address that the operator's settings do not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocked {
    pub(crate) host: String,
}

/// Decides by the operator's settings, and resolves names for the client.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    pub(crate) allow_private: bool,
    /// Host names or addresses that may be anywhere.
    pub(crate) allowed_hosts: Vec<String>,
    /// Fixed answers for names, in tests.
    #[cfg(test)]
    pub(crate) names: Vec<(String, Vec<IpAddr>)>,
}

impl Guard {
    pub(crate) fn new(allow_private: bool, allowed_hosts: Vec<String>) -> Self {
        Self {
            allow_private,
            allowed_hosts,
            #[cfg(test)]
            names: Vec::new(),
        }
    }

    /// Checks a host that is an address already; names are checked when they are resolved.
    pub(crate) fn check_host(&self, host: &Host<&str>) -> Result<(), Blocked> {
        match host {
            Host::Domain(_) => Ok(()),
            Host::Ipv4(address) => self.check(&address.to_string(), IpAddr::V4(*address)),
            Host::Ipv6(address) => self.check(&address.to_string(), IpAddr::V6(*address)),
        }
    }

    fn check(&self, host: &str, address: IpAddr) -> Result<(), Blocked> {
        let named = self.allowed_hosts.iter().any(|allowed| {
            allowed
                .trim_matches(['[', ']'])
                .eq_ignore_ascii_case(host.trim_end_matches('.'))
        });
        let allowed = match reach(address) {
            Reach::Public => true,
            Reach::Private => named || self.allow_private,
            Reach::Special => named,
        };
        if allowed {
            Ok(())
        } else {
            Err(Blocked {
                host: host.to_owned(),
            })
        }
    }

    /// Resolves a host, name or address, to where it may be connected to.
    pub(crate) async fn resolve(
        &self,
        host: &str,
    ) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        let addresses = self.look_up(host).await?;
        // One forbidden address among good ones is a trick, not an accident: refuse them all.
        for address in &addresses {
            self.check(host, address.ip())?;
        }
        Ok(addresses)
    }

    /// Checks the addresses that a name has now.
    pub(crate) async fn check_name(&self, name: &str) -> Result<(), Blocked> {
        let addresses = self.look_up(name).await.unwrap_or_default();
        addresses
            .iter()
            .try_for_each(|address| self.check(name, address.ip()))
    }

    async fn look_up(&self, host: &str) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        #[cfg(test)]
        if let Some((_, addresses)) = self.names.iter().find(|(name, _)| name == host) {
            return Ok(addresses
                .iter()
                .map(|address| SocketAddr::new(*address, 0))
                .collect());
        }
        Ok(tokio::net::lookup_host((host, 0)).await?.collect())
    }
}

/// The guard as the client's resolver.
pub(crate) struct GuardedResolver(pub(crate) Arc<Guard>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = guard.resolve(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Returns how far an address is from the open internet.
pub(crate) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let [first, second, third, _] = address.octets();
    match (first, second, third) {
        // Private use, shared address space of carriers, loopback, benchmarks.
        (10 | 127, ..)
        | (172, 16..=31, _)
        | (192, 168, _)
        | (100, 64..=127, _)
        | (198, 18..=19, _) => Reach::Private,
        // This host, link-local with the metadata services, protocol assignments, 6to4 relays,
        // documentation, multicast, reserved and broadcast.
        (0 | 224..=255, ..)
        | (169, 254, _)
        | (192, 0, 0 | 2)
        | (192, 88, 99)
        | (198, 51, 100)
        | (203, 0, 113) => Reach::Special,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if address == Ipv6Addr::LOCALHOST {
        return Reach::Private;
    }
    let groups = address.segments();
    let embedded = |high: u16, low: u16| {
        let [first, second] = high.to_be_bytes();
        let [third, fourth] = low.to_be_bytes();
        reach_v4(Ipv4Addr::new(first, second, third, fourth))
    };
    // The metadata service of one cloud lies among the unique local addresses.
    if groups[..2] == [0xfd00, 0x0ec2] {
        return Reach::Special;
    }
    match groups {
        // IPv4-mapped, NAT64 and 6to4 addresses reach what is written inside them.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            embedded(high, low)
        }
        [0x2002, high, low, ..] => embedded(high, low),
        [0xfc00..=0xfdff, ..] => Reach::Private,
        // Teredo, benchmarks, identifiers, documentation.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Reach::Special,
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Special,
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} is not on the open internet, and private networks are not allowed",
            self.host
        )
    }
}

impl Error for Blocked {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_inner_address_is_known() {
        let cases = [
            ("93.184.216.34", Reach::Public),
            ("8.8.8.8", Reach::Public),
            ("172.15.0.1", Reach::Public),
            ("172.32.0.1", Reach::Public),
            ("100.63.0.1", Reach::Public),
            ("100.128.0.1", Reach::Public),
            ("192.0.1.1", Reach::Public),
            ("2606:2800:220:1::1", Reach::Public),
            ("2001:4860:4860::8888", Reach::Public),
            ("64:ff9b::808:808", Reach::Public),
            ("10.1.2.3", Reach::Private),
            ("127.0.0.1", Reach::Private),
            ("127.255.0.1", Reach::Private),
            ("172.16.0.1", Reach::Private),
            ("172.31.255.255", Reach::Private),
            ("192.168.1.1", Reach::Private),
            ("100.64.0.1", Reach::Private),
            ("100.127.255.1", Reach::Private),
            ("198.18.0.1", Reach::Private),
            ("::1", Reach::Private),
            ("fd12::1", Reach::Private),
            ("::ffff:127.0.0.1", Reach::Private),
            ("::ffff:10.0.0.1", Reach::Private),
            ("64:ff9b::7f00:1", Reach::Private),
            ("2002:7f00:1::", Reach::Private),
            ("0.0.0.0", Reach::Special),
            ("0.1.2.3", Reach::Special),
            ("169.254.169.254", Reach::Special),
            ("192.0.0.1", Reach::Special),
            ("192.0.2.1", Reach::Special),
            ("198.51.100.1", Reach::Special),
            ("203.0.113.1", Reach::Special),
            ("224.0.0.1", Reach::Special),
            ("240.0.0.1", Reach::Special),
            ("255.255.255.255", Reach::Special),
            ("::", Reach::Special),
            ("::127.0.0.1", Reach::Special),
            ("fe80::1", Reach::Special),
            ("fec0::1", Reach::Special),
            ("ff02::1", Reach::Special),
            ("fd00:ec2::254", Reach::Special),
            ("::ffff:169.254.169.254", Reach::Special),
            ("64:ff9b::a9fe:a9fe", Reach::Special),
            ("64:ff9b:1::1", Reach::Special),
            ("2001::1", Reach::Special),
            ("2001:db8::1", Reach::Special),
            ("3fff::1", Reach::Special),
            ("100::1", Reach::Special),
        ];
        for (address, expected) in cases {
            let parsed: IpAddr = address.parse().expect("the table holds addresses");
            assert_eq!(reach(parsed), expected, "{address}");
        }
    }

    #[test]
    fn the_operator_opens_private_networks_or_single_hosts() {
        let closed = Guard::default();
        let open = Guard {
            allow_private: true,
            ..Guard::default()
        };
        let named = Guard {
            allowed_hosts: vec!["Blog.Intern".to_owned(), "[fe80::1]".to_owned()],
            ..Guard::default()
        };
        let loopback: IpAddr = [127, 0, 0, 1].into();
        let metadata: IpAddr = [169, 254, 169, 254].into();
        assert!(closed.check("localhost", loopback).is_err());
        assert!(open.check("localhost", loopback).is_ok());
        assert!(open.check("metadata", metadata).is_err());
        assert!(named.check("blog.intern.", loopback).is_ok());
        assert!(named.check("other.intern", loopback).is_err());
        assert!(named.check("fe80::1", "fe80::1".parse().unwrap()).is_ok());
    }
}
