"""Lets pip download a source archive without building it.

`pip download` asks the package's build system for its metadata, which runs code of the package and
needs compilers for some. But every source archive carries its metadata already, in PKG-INFO. Python
loads this file at its start where its folder is on PYTHONPATH; in the process in which pip would ask
the build system, it puts a stand-in in its place that hands over PKG-INFO. Anywhere else it does nothing.
"""

import os
import re
import sys
import types


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    with open("PKG-INFO", encoding="utf-8") as file:
        metadata = file.read()
    name, version = (
        re.search(rf"^{field}: *(.+?) *$", metadata, re.MULTILINE).group(1)
        for field in ("Name", "Version")
    )
    dist_info = f"{re.sub('[-_.]+', '_', name)}-{version}.dist-info"
    os.makedirs(os.path.join(folder, dist_info))
    with open(os.path.join(folder, dist_info, "METADATA"), "w", encoding="utf-8") as file:
        file.write(metadata)
    return dist_info


def stand_in(backend, backend_path):
    """Registers a module under the build system's name, which importing it then finds."""
    module_name, _, attribute = backend.partition(":")
    module = types.ModuleType(module_name)
    # pip checks that a build system that the archive itself holds is loaded from there.
    module.__file__ = os.path.join(backend_path or os.getcwd(), "stand_in.py")
    hooks = types.SimpleNamespace(
        prepare_metadata_for_build_wheel=prepare_metadata_for_build_wheel,
        get_requires_for_build_wheel=lambda config_settings=None: [],
    )
    module.__dict__.update(vars(hooks))
    if attribute:
        setattr(module, attribute, hooks)
    sys.modules[module_name] = module


# The names are pyproject_hooks' (pip 23.1 and later) and its predecessor's.
for prefix in ("_PYPROJECT_HOOKS_", "PEP517_"):
    if os.environ.get(prefix + "BUILD_BACKEND"):
        stand_in(
            os.environ[prefix + "BUILD_BACKEND"],
            os.environ.get(prefix + "BACKEND_PATH", "").split(os.pathsep)[0],
        )
