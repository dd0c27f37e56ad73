#pragma once

#include <new>

namespace engineio::net {

// A hash table stays as large as it has ever been. Called after each erasure, this keeps it within
// eight times of what it holds, and costs a comparison most times: after a crowd has left, what it
// needed is given back. Ends iterators, as an insertion may.
template <class Table>
void give_back_room(Table& table) noexcept {
    constexpr auto few = 64;
    if (table.bucket_count() <= few || table.size() >= table.bucket_count() / 8) {
        return;
    }
    try {
        table.rehash(2 * table.size());
    } catch (std::bad_alloc const&) {
        // The next erasure tries again.
    }
}

}  // namespace engineio::net
