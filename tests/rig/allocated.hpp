#pragma once

#include <cstddef>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace rig {

// What this process has allocated and not freed. Sanitizers have an allocator of their own, which
// is not asked: there it does not change.
inline std::size_t allocated_bytes() {
#ifdef __GLIBC__
    auto const info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

}  // namespace rig
