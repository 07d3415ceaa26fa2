"""Labels out of the store and into it: CSV, JSON lines, Label Studio."""

from medimg.room.exchange.export import WHATS, export_file, export_places
from medimg.room.exchange.import_ import Plan, import_file
from medimg.room.exchange.row import ExchangeError

__all__ = ["WHATS", "ExchangeError", "Plan", "export_file", "export_places", "import_file"]
