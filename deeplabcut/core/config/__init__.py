"""Configuration files: typed models, comments that survive, every mistake named. Names resolve on first use."""

from deeplabcut._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "deeplabcut.core.config.base": ["DLCBaseConfig"],
        "deeplabcut.core.config.versioned": ["DLCVersionedConfig"],
        "deeplabcut.core.config.project": ["ProjectConfig"],
        "deeplabcut.core.config.project_3d": ["Project3DConfig"],
        "deeplabcut.core.config.files": [
            "edit_config",
            "ensure_plain_config",
            "get_yaml_dumper",
            "get_yaml_loader",
            "normalize_for_serialization",
            "pretty_print",
            "read_config",
            "read_config_as_dict",
            "read_plainconfig",
            "write_config",
            "write_config_3d",
            "write_config_3d_template",
            "write_plainconfig",
            "write_project_config",
        ],
        "deeplabcut.core.config.mistakes": ["ConfigWarning", "InvalidConfig", "Mistake"],
        "deeplabcut.core.config.names": ["resolve_alias", "resolve_aliases_in_dict"],
        "deeplabcut.core.config.templates": [
            "create_config_template",
            "create_config_template_3d",
            "new_3d_project_config",
            "new_project_config",
        ],
        "deeplabcut.core.config.updates": ["update_config", "update_config_by_dotpath"],
    },
)
