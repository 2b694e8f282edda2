"""A whole layer in one folder, which nothing else knows of: the moods of a twin, as events and commands show them."""

from dataclasses import replace

from tests.services.moods.fields import FIELDS
from tests.services.moods.layer import LAYER

MOODS = replace(LAYER, fields=FIELDS)
