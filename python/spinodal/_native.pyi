# SPDX-License-Identifier: MIT
# Made by CFFI from the public headers; what is in it is declared there.
from typing import Any

ffi: Any
lib: Any
