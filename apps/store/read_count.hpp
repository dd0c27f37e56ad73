#pragma once

#include <cstdint>

namespace apps::store {

/// How many bytes of text the queries of this thread have handed out so far.
std::uint64_t& bytes_read();

}  // namespace apps::store
