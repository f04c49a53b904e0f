"""Examples of answers for the OpenAPI document, taken from the packaged data as they are.

``python tests/examples.py`` writes them anew; a test asks for each again and compares.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from fastapi.testclient import TestClient

from plangraph.reads import COLLECTIONS
from plangraph.settings import Settings
from plangraph.web.contract import EXAMPLES
from services import make_site

BASE: Final = "http://127.0.0.1:8000"
CHOSEN: Final = {
    "plans": "q=Gaza",
    "versions": "q=Geneva",
    "provisions": "topic=amnesty",
    "claims": "outlet=rbc-ukraine&provision=amnesty&slot=materialScope",
    "attributions": "claim=2025-11-20-rbc-ukraine-plan-pressure--donbas-handover",
    "documents": "outlet=rbc-ukraine&limit=1",
    "outlets": "q=RBC-Ukraine",
    "actors": "q=Rubio&limit=1",
    "stances": "actor=marco-rubio&outlet=rbc-ukraine",
    "changes": "provision=aid-audit&outlet=defence24",
    "values": "provision=nato-membership-renunciation&slot=duration",
    "divergences": "provision=nato-membership-renunciation&slot=duration",
}
"""A page of each collection that is small and not empty."""

ADDRESSES: Final = {
    "/limits": "/limits",
    "/api/v1/": "/api/v1/",
    "/api/v1/search": "/api/v1/search?q=amnesty&limit=2",
    "/api/v1/questions": "/api/v1/questions?q=author&limit=1",
    "/api/v1/questions/{name}": "/api/v1/questions/04-independent-origins?as_of=2025-11-20",
    "/doc/{kind}/{name}": "/doc/topic/amnesty",
    "/api/v1/registry/{kind}/{name}": "/api/v1/registry/outlet/axios",
    "/api/v1/plans/{name}/matrix": "/api/v1/plans/ukraine-peace-plan/matrix"
    "?provision=amnesty&slot=materialScope&country=ukraine",
    "/api/v1/provisions/{name}/values": "/api/v1/provisions/nato-membership-renunciation/values"
    "?slot=duration",
    "/api/v1/claims/{name}/chain": "/api/v1/claims/2025-11-20-rbc-ukraine-plan-pressure--donbas-handover"
    "/chain",
    "/api/v1/timeline": "/api/v1/timeline?since=2025-11-19&until=2025-11-19&kind=change",
    **{f"/api/v1/{name}": f"/api/v1/{name}?{CHOSEN[name]}" for name in COLLECTIONS},
}
"""What is asked for each path of the OpenAPI document."""


def ask(client: TestClient, address: str) -> Any:
    """The answer of an address."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.text)
    return answer.json()


def take_examples(client: TestClient) -> dict[str, Any]:
    """The examples by path; of each collection the first item of its page as well."""
    found = {
        path: {"address": address, "answer": ask(client, address)} for path, address in ADDRESSES.items()
    }
    for name in COLLECTIONS:
        (item, *_) = found[f"/api/v1/{name}"]["answer"]["items"]
        address = f"/api/v1/{name}/{item['id'].rpartition('/')[2]}"
        found[f"/api/v1/{name}/{{name}}"] = {"address": address, "answer": ask(client, address)}
    return dict(sorted(found.items()))


def write_examples(path: Path = EXAMPLES) -> None:
    """Write the examples of the packaged data."""
    with TestClient(make_site(Settings(workers=2)), base_url=BASE) as client:
        text = json.dumps(take_examples(client), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_examples()
