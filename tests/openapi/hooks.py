"""What JSON Schema cannot say, for the cases that schemathesis makes up out of the document.

The formats of names are described in docs/SERVER-API.md, their rule in docs/decisions/0038-names-of-the-world.md.
"""

import time
import unicodedata

import schemathesis
from hypothesis import strategies as st

MAX_NAME_BYTES = 128
MAX_SAFE_INTEGER = 2**53 - 1
# Letters and marks that cannot be seen.
INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
# These mean something behind few characters only, so they come from the examples.
VARIATION_SELECTORS = "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
RESERVED_USERS = ("all", "server")
EXAMPLES = (
    "lobby",
    "auth0|5f7c8ec7c33c6c004bbafe82",
    "CN=Ann Lee,OU=Sales",
    "комната",
    "می\u200cخواهم",
    "👩\u200d🚀",
    "1\ufe0f\u20e3",
    "x" * MAX_NAME_BYTES,
    "é" * (MAX_NAME_BYTES // 2),
    "😀" * (MAX_NAME_BYTES // 4),
)


def to_name(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def is_name(text: str) -> bool:
    return 0 < len(text.encode()) <= MAX_NAME_BYTES


characters = st.characters(
    categories=("L", "M", "N", "P", "S", "Zs"), exclude_characters="*" + INVISIBLE + VARIATION_SELECTORS
)
texts = st.text(characters, min_size=1, max_size=MAX_NAME_BYTES)
names = st.sampled_from(EXAMPLES) | texts.map(to_name).filter(is_name)
rooms = names.filter(lambda name: not name.startswith("@"))
inboxes = names.map(lambda name: "@" + name)

schemathesis.openapi.format("outcry-user", names.filter(lambda name: name not in RESERVED_USERS))
schemathesis.openapi.format("outcry-room", rooms | inboxes)
schemathesis.openapi.format("outcry-room-pattern", rooms | inboxes | st.sampled_from(("*", "team.*", "@*", "a*b*c")))


# Requests with wrong keys are answered ten a second (docs/SERVER-API.md). An operation that has succeeded for the first time is asked for
# twice with wrong ones.
WRONG_KEYS_SECONDS = 2 / 10
succeeded: set[str] = set()


@schemathesis.hook
def after_call(context, case, response) -> None:
    """Keeps to the rate at which the gateway says of a key that it is wrong."""
    if response.status_code >= 300 or case.operation.label in succeeded:
        return
    succeeded.add(case.operation.label)
    time.sleep(WRONG_KEYS_SECONDS)


@schemathesis.hook
def filter_case(context, case) -> bool:
    """Leaves out whole numbers past ±(2^53-1) that are written with an exponent: the gateway takes them, because that says that
    they are no exact integers, but to JSON Schema they are integers like others."""
    return not has_wide_float(case.body)


def has_wide_float(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer() and abs(value) > MAX_SAFE_INTEGER
    if isinstance(value, dict):
        return any(map(has_wide_float, value.values()))
    return isinstance(value, list) and any(map(has_wide_float, value))
