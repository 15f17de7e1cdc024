"""A model's module tree, without wrappers."""

from torch import nn

_WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel)


def unwrapped(module: nn.Module) -> nn.Module:
    """Return the module inside `DataParallel`, `DistributedDataParallel` and `torch.compile` wrappers."""
    while True:
        children = module._modules
        if "module" in children and isinstance(module, _WRAPPERS):
            module = module.module
        elif "_orig_mod" in children and type(module).__name__ == "OptimizedModule":
            module = children["_orig_mod"]  # type: ignore[assignment]  # never None in the wrapper
        else:
            return module


def named_modules(model: nn.Module, *, aliases: bool = False) -> list[tuple[str, nn.Module]]:
    """List modules as `model.named_modules()` does, with wrappers removed from the tree and from the names.

    With `aliases`, a module that sits in several places is listed under each of its names.
    """
    seen: set[int] = set()
    found: list[tuple[str, nn.Module]] = []
    waiting = [("", model)]  # no recursive closure: its reference cycle would keep the tree until the next collection
    while waiting:
        name, module = waiting.pop()
        module = unwrapped(module)
        if id(module) in seen:
            continue
        if not aliases:
            seen.add(id(module))
        found.append((name, module))
        children = [
            (f"{name}.{own}" if name else own, child) for own, child in module._modules.items() if child is not None
        ]
        waiting += reversed(children)
    return found


def modules_of(model: nn.Module) -> list[nn.Module]:
    """List the modules of `named_modules` without their names, which takes half the time."""
    found: dict[int, nn.Module] = {}
    waiting = [model]
    while waiting:
        module = unwrapped(waiting.pop())
        if id(module) not in found:
            found[id(module)] = module
            waiting += [child for child in reversed(module._modules.values()) if child is not None]
    return list(found.values())
