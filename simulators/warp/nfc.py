"""See tags: the states below `nfc/`."""

from dataclasses import dataclass

from .board import Board
from .commands import Command, Payload
from .evse_commands import whole
from .schema import Text, Whole

SEEN_TAGS = 8
LONG_AGO_MS = 0
"""What `last_seen` reads in an entry that was never used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenTag:
    """Be a tag that was held to the reader."""

    tag_type: int
    tag_id: str
    seen_s: float


class Nfc:
    """Remember the last tags, newest first."""

    def __init__(self, board: Board) -> None:
        """Begin without a tag."""
        self._board = board
        self._tags: list[SeenTag] = []
        for name in ("inject_tag", "inject_tag_start", "inject_tag_stop"):
            board.commands.add(
                Command(
                    path=f"nfc/{name}",
                    fields={"tag_type": Whole(6), "tag_id": Text(29)},
                    action=self._inject,
                    at_once=True,
                )
            )
        self.publish(board.now_s)

    def show(self, tag_id: str, tag_type: int = 2) -> None:
        """Hold a tag to the reader."""
        seen = SeenTag(tag_type=tag_type, tag_id=tag_id, seen_s=self._board.now_s)
        others = [tag for tag in self._tags if tag.tag_id != tag_id]
        self._tags = [seen, *others][:SEEN_TAGS]

    def publish(self, now_s: float) -> None:
        """Show the tags with their age in milliseconds; unused entries are empty."""
        seen = [(tag.tag_type, tag.tag_id, now_s - tag.seen_s) for tag in self._tags]
        unused = [(0, "", LONG_AGO_MS)] * (SEEN_TAGS - len(seen))
        self._board.states.put(
            "nfc/seen_tags",
            [
                {"tag_type": kind, "tag_id": tag_id, "last_seen": int(age_s * 1000)}
                for kind, tag_id, age_s in (*seen, *unused)
            ],
        )

    def _inject(self, payload: Payload) -> None:
        self.show(str(payload["tag_id"]), whole(payload["tag_type"]))
