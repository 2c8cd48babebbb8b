"""Statistics of observations as GB 3095, HJ 663 and HJ 633 define them, with counts throughout.

Hourly values lie on a complete axis of local standard time (UTC+8 all over China), labelled by the
hour's beginning, so that a natural day is hours 0-23.
"""
