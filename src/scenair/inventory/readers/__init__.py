"""Readers of other people's inventories: each returns one form, with units and a mass audit.

The form of gridded inventories is a dataset with ``emission(sector, month, lat, lon)`` in
``Mg cell-1 month-1`` (month 0 and ``Mg cell-1 yr-1`` for annual files, ``Mmol`` for speciated
ones), ``lat`` and ``lon`` ascending cell centres with bounds, and the audit in the attributes.
"""
