"""The main job of a test suite, from an installed wheel alone."""

import importlib.metadata
import os
import sys

import imaged

assert os.path.commonpath([imaged.__file__, sys.prefix]) == sys.prefix, imaged.__file__
plugins = importlib.metadata.entry_points(group="pytest11")
assert [plugin.value for plugin in plugins] == ["imaged.pytest_plugin"], plugins
assert not importlib.metadata.version("imaged") == "", "a version"

with imaged.start() as daemon:
    # The program of the package, not one that happens to be installed.
    program = os.readlink(f"/proc/{daemon.pid}/exe")
    assert program == os.path.join(os.path.dirname(imaged.__file__), "bin", "imaged"), program
    with daemon.account() as world:
        vm = world.add_instance(disks=["cloud_essd:40"])
        world.client.create_image(region_id="cn-hangzhou", instance_id=vm, image_name="web")
        world.jobs.finish_all()
        world.wait_idle()
        assert world.image("web").status == "Available", world.image("web")
print("an image was made by", program)
