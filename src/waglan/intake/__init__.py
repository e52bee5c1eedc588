"""Files and messages -> events in columns. The only room that knows file formats."""

from waglan.intake.files import ignored, read
from waglan.intake.message import Reader, Row, message
from waglan.intake.report import summary
from waglan.intake.table import from_table

__all__ = ["Reader", "Row", "from_table", "ignored", "message", "read", "summary"]
