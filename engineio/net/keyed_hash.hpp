#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace engineio::net {

/// The secret of a SipHash: 128 random bits.
struct SipKey {
    std::uint64_t low;
    std::uint64_t high;
};

/// SipHash (Aumasson and Bernstein, 2012) with so many rounds for each eight bytes and at the end:
/// 2 and 4 are the paper's, 1 and 3 what hash tables use. A pure function.
std::uint64_t sip_hash(SipKey const& key, std::string_view bytes, int block_rounds, int end_rounds);

/// The hash for tables whose keys strangers choose, such as names of rooms: with std::hash, which
/// is the same everywhere, they could choose thousands that all fall into one bucket. SipHash-1-3
/// with a key that this process has drawn. Any thread. Not noexcept, on purpose: so the standard
/// library keeps each element's hash instead of asking for it again.
struct KeyedHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const;
};

}  // namespace engineio::net
