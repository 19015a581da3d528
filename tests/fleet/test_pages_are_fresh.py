"""A page asked for because something has moved is not older than the word that it has, whichever node makes it."""

from expo.rights import Role
from tests.support.fleet import Fleet
from tests.support.fleet_elections import control_room, opened
from tests.support.roles import entered


async def test_control_room_on_another_node_shows_what_was_just_ordered(two: Fleet) -> None:
    one, other = two.nodes
    async with (
        control_room(two) as room,
        two.passes() as passes,
        entered(one.url, passes, two.now, Role.ORGANISER, origin=two.address) as first,
        entered(other.url, passes, two.now, Role.ORGANISER, origin=two.address) as second,
    ):
        await opened(room)
        for kind, then in (("pause", "resume"), ("resume", "pause")) * 5:
            page = await first.get("/en/staff/control", headers={"accept": "text/html"})
            assert f'data-order="{kind}"' in page.text
            version = page.text.split(f'data-order="{kind}"')[1].split('name="version" value="')[1]
            order = {"kind": kind, "version": int(version.split('"')[0]), "contest": "khda"}
            done = await first.post(
                "/en/staff/control", json=order, headers={"accept": "application/json"}
            )
            assert done.status_code == 200, done.text
            page = await second.get("/en/staff/control")
            assert f'data-order="{then}"' in page.text
