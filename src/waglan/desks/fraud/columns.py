"""The columns of a Hong Kong payment and the words in them: what the fraud desk sees, and nothing else.

Who did it, whether it was fraud and of which kind is kept apart in the world's truth, which no feature can read.
"""

from typing import Final

from waglan.schema.recipe import Column

CHANNELS: Final = ("card_present", "card_online", "fps")
PROXY_KINDS: Final = ("none", "mobile", "email", "fps_id", "account")
CURRENCIES: Final = ("HKD", "CNY")
COUNTRIES: Final = ("HK", "CN", "MO", "JP", "OTHER")
CATEGORIES: Final = (
    "person", "supermarket", "dining", "transport", "retail", "electronics", "luxury", "health", "travel", "digital",
    "bills", "money",
)  # fmt: skip
"""What the payee sells. `bills` are utilities, insurers, schools, the government; `money` are brokers and exchanges."""

FRAUDS: Final = ("none", "card_testing", "terminal", "takeover", "app_scam", "mule")
"""Kinds of fraud; the position is the code in the truth. app_scam: the victim pays of their own will, deceived."""

SCAMETER: Final = "scameter"
"""List of payee accounts that the police's Scameter warns of."""
SCAMETER_PROXY: Final = "scameter_proxy"
"""List of proxies that the police's Scameter warns of."""

BINDING: Final = "binding"
"""Observed kind of event: a device was bound to an account for mobile banking. It has `payer` and `device` only."""

ENTITIES: Final = ("payer", "payee", "card", "terminal", "device", "proxy")

COLUMNS: Final[dict[str, Column]] = {
    "payer": Column(entity="account"),
    "payee": Column(entity="account", required=False),
    "card": Column(entity="card", required=False),
    "terminal": Column(entity="terminal", required=False),
    "device": Column(entity="device", required=False),
    "proxy": Column(entity="proxy", required=False),
    "proxy_kind": Column(values=list(PROXY_KINDS), required=False),
    "channel": Column(values=list(CHANNELS), required=False),
    "currency": Column(values=list(CURRENCIES), required=False),
    "amount": Column(money="currency", required=False),
    "amount_hkd": Column(money="HKD", required=False),
    "country": Column(values=list(COUNTRIES), required=False),
    "category": Column(values=list(CATEGORIES), required=False),
}
"""The authoritative list, in order. Persons and merchants share the account space, so a key can cross roles.

payer: account that pays. payee: account that is paid; of a card payment the merchant's. card: null for FPS.
terminal: where a card was present, else null. device: phone or computer, null where a card was present.
proxy: the mobile number, e-mail or FPS identifier by which FPS found the payee, null without one.
proxy_kind: `none` for cards, `account` when FPS was given an account number. amount: minor units of `currency`.
amount_hkd: the same in cents of HKD, so that windows can add payments of both currencies. country: the payee's.
category: what the payee sells. A payment always has payer, payee, proxy_kind, channel, currency, amount, amount_hkd,
country and category: a recipe may demand them.
"""
