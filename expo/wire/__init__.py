"""How word gets round: the seam between nodes, rooms of viewers, frames on sockets, the server."""
