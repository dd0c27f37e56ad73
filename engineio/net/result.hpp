#pragma once

#include <boost/system/result.hpp>

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace engineio::net {

/// What a fallible call returns instead of throwing: a value or an error, tested with
/// `if (!r)`, read with `*r` and `r.error()`. Nothing throws across a layer.
template <class T, class E = std::error_code>
using Result = boost::system::result<T, E>;

/// Reports a broken promise of the program itself (never of a peer) and ends the process.
[[noreturn]] inline void assertion_failed(char const* what, char const* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
    std::abort();
}

}  // namespace engineio::net

/// Checks a programmer's promise in every build, release included: a wrong shard or a double close
/// is cheaper as a core dump than as a corrupted room.
#define SIO_ASSERT(condition)                                                                      \
    (static_cast<bool>(condition)                                                                  \
         ? static_cast<void>(0)                                                                    \
         : ::engineio::net::assertion_failed(#condition, __FILE__, __LINE__))
