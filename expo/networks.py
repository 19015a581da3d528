"""The network an address is in: a signal of where things come from, never who somebody is. Pure."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """The network an address is in: /24 of IPv4, /48 of IPv6; empty for what is no address.

    An IPv4 address written as an IPv6 one (``::ffff:192.0.2.1``) is the former.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return str(IPv6Network((int(found), 48), strict=False))
        found = found.ipv4_mapped
    return str(IPv4Network((int(found), 24), strict=False))
