"""Answer GraphQL: run documents against the schema, for one user at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
import inspect
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute,
    parse,
    validate,
)

from .charger import Report, SimulatedCharger
from .faults import Fault

INTERNAL = {"code": "INTERNAL_SERVER_ERROR"}
INVALID = {"code": "GRAPHQL_VALIDATION_FAILED"}
KEPT_WHEN_NULL = frozenset({"id", "online"})


@cache
def schema() -> GraphQLSchema:
    """Return the schema, built once per process."""
    text = (Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8")
    return build_schema(text)


@cache
def _read(query: str) -> tuple[DocumentNode | None, list[dict[str, Any]]]:
    """Parse and validate: clients send the same few documents again and again."""
    try:
        document = parse(query)
    except GraphQLError as err:
        return None, [{"message": err.message, "extensions": INVALID}]
    errors = validate(schema(), document)
    if errors:
        return None, [{"message": e.message, "extensions": INVALID} for e in errors]
    return document, []


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """Be a mutation that the cloud took, kept for tests to look at."""

    time_s: float
    device_id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


class Api:
    """Run documents for one user over that user's chargers."""

    def __init__(
        self,
        chargers: Mapping[str, SimulatedCharger],
        commands: list[Command],
        faults: set[str],
        now_s: Callable[[], float],
    ) -> None:
        """Answer for these chargers, and note each command."""
        self._chargers = chargers
        self._commands = commands
        self._faults = faults
        self._now_s = now_s

    async def run(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Run a request and return the answer as JSON data."""
        document, errors = self.read(body)
        if document is None:
            return {"errors": errors}
        return await self._execute(document, body, self._root())

    async def event(
        self, document: DocumentNode, body: Mapping[str, Any], report: Report
    ) -> dict[str, Any]:
        """Run a subscription's document over one report."""
        root = {"deviceStatusUpdated": self.status(report)}
        return await self._execute(document, body, root)

    def read(
        self, body: Mapping[str, Any]
    ) -> tuple[DocumentNode | None, list[dict[str, Any]]]:
        """Parse and validate a document; one unknown field fails all of it."""
        return _read(body["query"])

    async def _execute(
        self, document: DocumentNode, body: Mapping[str, Any], root: Mapping[str, Any]
    ) -> dict[str, Any]:
        running = execute(
            schema(),
            document,
            root_value=root,
            variable_values=dict(body.get("variables") or {}),
            operation_name=body.get("operationName"),
        )
        result = await running if inspect.isawaitable(running) else running
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [dict(error.formatted) for error in result.errors]
        return answer

    def _root(self) -> dict[str, Any]:
        return {
            "getSupportMessage": None,
            "getCurrentUserDevices": self._devices,
            "getDevice": self._get_device,
            "getSolar": None,
            "searchAddress": [],
            "runAEVCommand": self._run_command,
            "setSchedules": self._set_schedules,
            "setAllSchedulesDisabled": self._disable_all,
            "setSolar": self._set_solar,
            "upsertDeviceInfo": self._upsert_info,
        }

    def _find(self, device_id: str) -> SimulatedCharger:
        charger = self._chargers.get(device_id)
        if charger is None:
            msg = "Device not found"
            raise GraphQLError(msg, extensions={"code": "FORBIDDEN"})
        return charger

    def _devices(self, _info: GraphQLResolveInfo) -> list[dict[str, Any]] | None:
        if Fault.NO_LIST in self._faults:
            return None
        return [self._device(charger) for charger in self._chargers.values()]

    def _get_device(
        self, _info: GraphQLResolveInfo, **arguments: Any
    ) -> dict[str, Any] | None:
        charger = self._find(arguments["id"])
        if Fault.NO_DEVICE_FOUND in self._faults | charger.faults:
            return None
        if Fault.RESOLVER_ERROR in self._faults:
            msg = "Device service failed for user@example.com"
            raise GraphQLError(msg)
        if Fault.INTERNAL_ERROR in self._faults:
            raise GraphQLError("boom", extensions=INTERNAL)
        return self._device(charger)

    def _device(self, charger: SimulatedCharger) -> dict[str, Any]:
        def logs(_info: GraphQLResolveInfo, **asked: Any) -> list[dict[str, Any]]:
            if Fault.LOGS_FAIL in self._faults | charger.faults:
                raise GraphQLError("no logs", extensions=INTERNAL)
            least = asked.get("minEnergy") or 0.0
            kept = [log for log in charger.logs if log["chargeEnergyTotal"] >= least]
            start = asked.get("offset") or 0
            return kept[start : start + (asked.get("limit") or 100)]

        return {
            "id": charger.device_id,
            "name": charger.serial,
            "last_ip_address": "203.0.113.7",
            "deviceStatus": {
                **self.status(charger.report),
                "online": charger.is_online,
            },
            "deviceInfo": self._info_of(charger),
            "deviceChargeRates": [],
            "deviceCalculatedChargeLogs": logs,
        }

    def status(self, report: Report) -> Report:
        """Return a report as the cloud shows it."""
        if Fault.NULLS in self._faults:
            return {key: report[key] for key in KEPT_WHEN_NULL & report.keys()}
        return {**report, "online": True}

    def _info_of(self, charger: SimulatedCharger) -> dict[str, Any]:
        names = {
            f"schedule{index}Name": name
            for index, name in enumerate(charger.schedule_names)
        }
        return {
            "id": charger.device_id,
            "friendlyName": charger.friendly_name,
            "currency": charger.currency,
            "enableThreePhaseMultiplier": charger.phases == 3,
            "timeZoneRegion": "Europe/London",
            "address": "1 Example Street",
            "addressPostcode": "EX4 2MP",
            "userLock": not charger.user_lock,
            **names,
        }

    def _take(
        self, charger: SimulatedCharger, name: str, arguments: Any, run: Any
    ) -> dict[str, Any] | None:
        """Note a command and put it on its way; the answer proves nothing."""
        if Fault.COMMANDS_FAIL in self._faults | charger.faults:
            msg = f"Command refused for {charger.device_id}"
            raise GraphQLError(msg, extensions={"code": "BAD_USER_INPUT"})
        self._commands.append(
            Command(
                time_s=self._now_s(),
                device_id=charger.device_id,
                name=name,
                arguments=arguments,
            )
        )
        charger.take(run)
        if Fault.VALUES_RETURNED in self._faults:
            return {"id": charger.device_id, "return_value": "1"}
        return None

    def _run_command(self, _info: GraphQLResolveInfo, **given: Any) -> Any:
        charger, name = self._find(given["deviceId"]), given["functionName"]
        return self._take(charger, name, {}, lambda: charger.run_function(name))

    def _set_schedules(self, _info: GraphQLResolveInfo, **given: Any) -> Any:
        charger, slots = self._find(given["deviceId"]), given["scheduleSlots"]
        name = "setSchedules"
        return self._take(charger, name, slots, lambda: charger.slots.write(slots))

    def _disable_all(self, _info: GraphQLResolveInfo, **given: Any) -> Any:
        charger = self._find(given["deviceId"])
        name = "setAllSchedulesDisabled"
        return self._take(charger, name, {}, charger.slots.disable_all)

    def _set_solar(self, _info: GraphQLResolveInfo, **given: Any) -> Any:
        charger = self._find(given.pop("deviceId"))
        return self._take(
            charger, "setSolar", given, lambda: charger.solar.update(given)
        )

    def _upsert_info(self, _info: GraphQLResolveInfo, **given: Any) -> Any:
        charger = self._find(given.pop("deviceId"))
        if "friendlyName" in given:
            charger.friendly_name = given["friendlyName"]
        for index in range(len(charger.schedule_names)):
            key = f"schedule{index}Name"
            charger.schedule_names[index] = given.get(
                key, charger.schedule_names[index]
            )
        return self._info_of(charger)
