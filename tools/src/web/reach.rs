//! Which addresses may be connected to.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Which addresses a client may connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses only: for addresses that a model or a foreign page named. No proxy is used, for it would look
    /// the names up out of sight.
    Public,
    /// Public ones, and whatever these hosts (as they stand in the URL) lead to: for services a person configured.
    PublicAnd(Vec<String>),
    /// Everything.
    Anywhere,
}

/// The client was about to connect to an address that it must not.
#[derive(Debug)]
pub(super) struct OutOfReach(String);

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is in a private network, which is not allowed here", self.0)
    }
}

impl Error for OutOfReach {}

impl Reach {
    /// Reach of a service that a person configured: its own host, and public addresses.
    #[must_use]
    pub fn of(service: &Url) -> Self {
        Self::of_all([service])
    }

    /// Reach of services that a person configured: their own hosts, and public addresses.
    pub(crate) fn of_all<'a>(services: impl IntoIterator<Item = &'a Url>) -> Self {
        Self::PublicAnd(services.into_iter().filter_map(Url::host_str).map(str::to_owned).collect())
    }

    /// Whether it is for services on this machine alone: no proxy is asked for these.
    pub(super) fn is_here(&self) -> bool {
        let here = |host: &String| {
            let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
            host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
        };
        matches!(self, Self::PublicAnd(hosts) if !hosts.is_empty() && hosts.iter().all(here))
    }

    fn allows_host(&self, host: &str) -> bool {
        match self {
            Self::Public => false,
            Self::PublicAnd(hosts) => hosts.iter().any(|known| known.eq_ignore_ascii_case(host)),
            Self::Anywhere => true,
        }
    }

    /// Checks what a URL says by itself: its scheme, and its host if that is an address. Names are checked when
    /// they are looked up.
    pub(super) fn check(&self, url: &Url) -> Result<(), Box<dyn Error + Send + Sync>> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("'{}' is no address of a web page; use http or https", url.scheme()).into());
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err("the address names no host".into()),
        };
        // With the brackets of an IPv6 address, as `Reach::of` has it.
        let host = url.host_str().unwrap_or_default();
        if self.allows_host(host) || is_public(address) {
            Ok(())
        } else {
            Err(Box::new(OutOfReach(host.to_owned())))
        }
    }
}

/// Looks names up and leaves out the addresses that are out of reach.
#[derive(Debug, Clone)]
pub(super) struct Lookup(pub(super) Reach);

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| reach.allows_host(&host) || is_public(address.ip()))
                .collect();
            if allowed.is_empty() {
                return Err(Box::new(OutOfReach(host)) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public Internet: none of the special blocks of the IANA registries
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>, `…-ipv6-special-registry`).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inside) = embedded(address) {
        return is_public_v4(inside);
    }
    let [first, second, ..] = address.segments();
    // Only 2000::/3 is given out; of it, 2001::/23 is for protocols and 2001:db8::/32, 3fff::/20 for documents.
    let given_out = first & 0xe000 == 0x2000;
    let special =
        (first == 0x2001 && (second < 0x200 || second == 0xdb8)) || (first == 0x3fff && second < 0x1000);
    given_out && !special
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, NAT64 or 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let low = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff | 0, a, b] | [0x64, 0xff9b, 0, 0, 0, 0, a, b] | [0x2002, a, b, ..] => {
            Some(low(a, b))
        }
        _ => None,
    }
}
