"""Say which Quasar is simulated, and how slow it is."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class QuasarSettings:
    """Describe one charger; the serial number is invented."""

    name: str = "quasar"
    firmware: int = 3400
    serial: int = 100_000
    part_number: str = "QSX2123ABC01"
    available_a: int = 32
    voltage_v: float = 230.0
    idle_w: float = 13.0
    handshake_s: float = 4.0
    """Between an action and the first ampere, and at each turn of the direction."""
    ramp_a_per_s: float = 1.0
    """A start to 16 A takes twenty seconds with the handshake."""
    stop_a_per_s: float = 8.0
    reboot_s: float = 300.0
    """Without Modbus after a restart."""
    errors_after_reboot_s: float = 60.0
    """In which state 7 is shown after that."""
    one_client: bool = True
    """A second connection is accepted and never answered."""
    watchdog_outlives_modbus: bool = True
    """Whether the watchdog still bites when the Modbus task is dead; nobody has measured it."""
    username: str = "somebody@example.org"
    password: str = "correct horse"
    token_lifetime_s: float = 900.0
