"""Run Home Assistant with the clouds of vendors led to their simulators.

Busbar has no setting for the address of a cloud: whoever could change it would be handed passwords. So the
demo changes the default before Home Assistant starts. Use: `python -m demo.launcher ADDRESSES --config FOLDER`,
where ADDRESSES is `VendorAddresses` as JSON.
"""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
import json
import sys

from homeassistant.__main__ import main as run_home_assistant


def lead_to_simulators(make: str, addresses: Mapping[str, Mapping[str, str]]) -> None:
    """Replace addresses in the defaults of what the package of a make offers."""
    package = import_module(f"custom_components.busbar.chargers.{make}")
    for function in (package.create_connection, package.identify):
        defaults = function.__kwdefaults__
        for parameter, replaced in addresses.items():
            defaults[parameter] = replace(defaults[parameter], **replaced)


def main() -> int:
    """Change the addresses, then be Home Assistant."""
    vendors = json.loads(sys.argv.pop(1))
    for make, addresses in vendors.items():
        lead_to_simulators(make, addresses)
    return run_home_assistant()


if __name__ == "__main__":
    sys.exit(main())
