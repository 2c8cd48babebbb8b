"""Configuration: validated as a whole before the first job, all errors at once.

Order of precedence, lowest first: defaults of the models, the case file
(``config/cases/{case}.yaml``), ``config/config.yaml`` and what is given with ``--config``.
"""

from scenair.config.load import Config, load_config, load_scenarios

__all__ = ["Config", "load_config", "load_scenarios"]
