"""Talk Modbus TCP to a Quasar over one persistent connection.

pymodbus hands exceptions and short answers out as ordinary results, waits its full time after a
reset, and opens a second connection when asked to connect twice. Here each of them is an error,
and after a wait in vain the connection is closed, so that a late answer finds nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from typing import Final

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from ..errors import ConnectionFailed, Rejected, WrongDevice
from .parse import DeviceInfo, parse_device_info
from .redaction import our_traffic, protect_logs
from .registers import DEFAULT_PORT, IDENTITY, UNIT, Address, Block, to_word

_LOGGER = logging.getLogger(__name__)

DEFAULT_TIMEOUT_S: Final = 3.0
_RETRIES: Final = 1

_EXCEPTIONS: Final = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledged, still busy",
    6: "device busy",
}


_MEANS_NO_SUCH_REGISTER: Final = frozenset({1, 2, 3})


class Refused(Rejected):
    """The charger answered a request with a Modbus exception."""

    def __init__(self, code: int) -> None:
        """Keep the number of the exception."""
        super().__init__(_EXCEPTIONS.get(code, f"Modbus exception {code}"))
        self.code = code


class QuasarClient:
    """Read blocks and write single registers, one request in flight."""

    def __init__(
        self,
        host: str,
        port: int = DEFAULT_PORT,
        *,
        serial: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> None:
        """Prepare; with `serial` every other charger is refused. Needs a running event loop."""
        protect_logs()
        # Reconnecting is ours: the library would do it behind our back, without asking who answers.
        self._modbus = AsyncModbusTcpClient(
            host, port=port, timeout=timeout_s, retries=_RETRIES, reconnect_delay=0
        )
        self._lock = asyncio.Lock()
        self._is_hushed = False
        self.serial = serial
        self.device: DeviceInfo | None = None
        self.connections = 0
        """How often a connection was made."""

    @property
    def is_connected(self) -> bool:
        """Return whether the connection stands, as far as is known."""
        return bool(self._modbus.connected) and self.device is not None

    async def connect(self) -> DeviceInfo:
        """Connect unless connected, and say who answers.

        Raises `ConnectionFailed`, and `WrongDevice` where it is no Quasar or another one.
        """
        async with self._lock:
            return await self._connected()

    async def read(self, block: Block) -> list[int]:
        """Return the words of a block. Raises `ConnectionFailed`, `WrongDevice`, `Refused`."""
        async with self._lock:
            await self._connected()
            return await self._read(block)

    async def write(self, address: Address, value: int) -> None:
        """Write one register with function 6. Raises `ConnectionFailed`, `WrongDevice`, `Refused`."""
        word = to_word(value)
        async with self._lock:
            await self._connected()
            _LOGGER.debug("Writing %s to register %#06x", value, address)
            await self._request(
                # Raises at the call, not when awaited, once the peer has gone.
                lambda: self._modbus.write_register(address, word, device_id=UNIT)
            )

    def hush(self) -> None:
        """Say nothing more: end the connection, and refuse to open another one until `speak`."""
        self._is_hushed = True
        self.close()

    def speak(self) -> None:
        """Talk again when asked to."""
        self._is_hushed = False

    def close(self) -> None:
        """End the connection; the next request opens another one."""
        self.device = None
        self._modbus.close()

    async def _connected(self) -> DeviceInfo:
        if self._is_hushed:
            # Somebody may still be in the middle of a round of reads.
            raise ConnectionFailed("silent on purpose, until something is wanted again")
        if self._modbus.connected and self.device is not None:
            return self.device
        # Whatever is half open is closed first: connecting twice leaks a socket.
        self.close()
        if not await self._open():
            self.close()
            raise ConnectionFailed("the charger does not accept a Modbus connection")
        self.connections += 1
        try:
            self.device = await self._identified()
        except BaseException:
            self.close()
            raise
        return self.device

    async def _open(self) -> bool:
        # It answers False instead of raising, whatever goes wrong.
        with our_traffic():
            return bool(await self._modbus.connect())

    async def _identified(self) -> DeviceInfo:
        try:
            device = parse_device_info(await self._read(IDENTITY))
        except Refused as err:
            if err.code not in _MEANS_NO_SUCH_REGISTER:
                raise ConnectionFailed("the charger is not ready") from err
            raise WrongDevice("what answers is not a Quasar") from err
        if device is None:
            raise WrongDevice("what answers is not a Quasar")
        if self.serial is not None and device.serial != self.serial:
            raise WrongDevice("another Quasar answers at this address")
        # Whoever answered first is the one, from now on.
        self.serial = device.serial
        return device

    async def _read(self, block: Block) -> list[int]:
        response = await self._request(
            lambda: self._modbus.read_holding_registers(
                block.start, count=block.length, device_id=UNIT
            )
        )
        if len(response.registers) != block.length:
            self.close()
            raise ConnectionFailed(
                f"{len(response.registers)} registers came instead of {block.length}"
            )
        return list(response.registers)

    async def _request(self, send: _Send) -> ModbusPDU:
        try:
            with our_traffic():
                response = await send()
        except (ModbusException, OSError, TimeoutError) as err:
            self.close()
            _raise_if_cancelled()
            raise ConnectionFailed("the charger does not answer") from err
        except asyncio.CancelledError:
            self.close()
            raise
        if response.isError():
            raise Refused(response.exception_code)
        return response


type _Send = Callable[[], Awaitable[ModbusPDU]]


def _raise_if_cancelled() -> None:
    """Turn the library's own error back into the cancellation that it swallowed (3.9 to 3.15)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
