"""Say where the vendor's cloud is; tests and the demo say something else."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoints:
    """Name every address and every constant of the cloud and its user pool."""

    graphql_url: str = "https://graphql.andersen-ev.com"
    websocket_url: str = "wss://graphql.andersen-ev.com/graphql"
    lookup_url: str = "https://graphql.andersen-ev.com/get-pending-user"
    """Maps an e-mail address to the user name of the pool."""
    cognito_url: str = "https://cognito-idp.eu-west-1.amazonaws.com/"
    region: str = "eu-west-1"
    pool_id: str = "eu-west-1_t5HV3bFjl"
    client_id: str = "23s0olnnniu5472ons0d9uoqt9"


VENDOR: Final = Endpoints()
