"""Run the simulated Quasar as a program."""

import asyncio
import os
import signal

import pytest

from simulators.quasar.__main__ import main, parse, serve

from .conftest import Wire


@pytest.mark.parametrize("arguments", [[], ["--no-car"]])
async def test_serving(
    socket_enabled: None, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """It says where it is reached, and lives by itself."""
    stop = asyncio.Event()
    options = parse(["--port", "0", *arguments])
    task = asyncio.create_task(serve(options, stop))
    lines: list[str] = []
    while len(lines) < 3:
        await asyncio.sleep(0)
        lines += capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["quasar", "cloud", "control"]
    port = int(lines[0].rpartition(":")[2])
    wire = Wire(*await asyncio.open_connection("127.0.0.1", port))
    assert await wire.read(1) == [3400]
    wire.close()
    stop.set()
    await task


async def test_ending_by_signal(
    socket_enabled: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a shell or a supervisor does it."""
    task = asyncio.create_task(main(["--port", "0", "--control-port", "0"]))
    while "control" not in capsys.readouterr().out:
        await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGTERM)
    await task
