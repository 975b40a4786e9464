"""Know who may log in: the states below `users/`."""

from .board import Board
from .commands import Command, Payload
from .digest import is_authorized
from .schema import Flag, Rejected
from .states import Json


class Users:
    """Hold the one user that has a password, if there is one."""

    def __init__(self, board: Board) -> None:
        """Register; a password from the settings switches the login on."""
        self._board = board
        self.username = board.settings.username
        self.password = board.settings.password
        self._is_on = self.password is not None
        self.publish(board.now_s)
        board.commands.add(
            Command(
                path="users/http_auth_update",
                fields={"enabled": Flag()},
                action=self._switch,
                check=self._check,
                at_once=True,
            )
        )

    def lets_in(self, header: str | None, method: str) -> bool:
        """Say whether a request may pass; without any password everybody may."""
        if not self._is_on or self.password is None:
            return True
        return is_authorized(header, method, self.username, self.password)

    def set_password(self, password: str | None) -> None:
        """Change the password as a person does, and switch the login on or off."""
        self.password = password
        self._is_on = password is not None
        self.publish(self._board.now_s)

    def publish(self, now_s: float) -> None:
        """Write the users; what is secret reads null, or "" where none is set."""
        users: list[Json] = [_user(0, "Anonymous", "anonymous", has_password=False)]
        if self.password is not None:
            users.append(_user(1, self.username, self.username, has_password=True))
        self._board.states.put(
            "users/config",
            {
                "users": users,
                "next_user_id": len(users),
                "http_auth_enabled": self._is_on,
            },
        )

    def _check(self, payload: Payload) -> None:
        if payload["enabled"] and self.password is None:
            msg = "Can not enable HTTP authentication if no user with password exists"
            raise Rejected(msg)

    def _switch(self, payload: Payload) -> None:
        self._is_on = bool(payload["enabled"])
        self.publish(self._board.now_s)


def _user(user_id: int, display: str, name: str, *, has_password: bool) -> Json:
    """Return one user as `users/config` shows it."""
    return {
        "id": user_id,
        "roles": 0xFFFF,
        "current": 32000,
        "display_name": display,
        "username": name,
        "digest_hash": None if has_password else "",
    }
