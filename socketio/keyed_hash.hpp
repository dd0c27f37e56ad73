#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>

#include "engineio/net/keyed_hash.hpp"

namespace socketio {

/// The hash of unordered containers that are read from what a client sends, with strings or
/// numbers as keys:
///
///     std::unordered_map<std::string, int, KeyedHash> votes;
///
/// SipHash-1-3 with a key that this process has drawn. Under std::hash, which is the same
/// everywhere, a client can choose thousands of keys of one bucket, so that a message of some
/// hundred kilobytes takes minutes. Any thread.
struct KeyedHash : engineio::net::KeyedHash {
    using engineio::net::KeyedHash::operator();
    /// Equal numbers have equal hashes, whatever their types are.
    template <std::integral T>
    std::size_t operator()(T number) const {
        return of_bits(static_cast<std::uint64_t>(number));
    }
    template <std::floating_point T>
    std::size_t operator()(T number) const {
        return of_bits(std::bit_cast<std::uint64_t>(static_cast<double>(number) + 0.0));  // -0 is 0
    }

private:
    std::size_t of_bits(std::uint64_t bits) const {
        return (*this)(std::string_view(reinterpret_cast<char const*>(&bits), sizeof bits));
    }
};

namespace codec {

template <class Key>
std::true_type derives_from_std_hash(std::hash<Key> const*);
std::false_type derives_from_std_hash(void const*);

/// An unordered container in which whoever chooses the keys chooses their buckets, too.
template <class T>
concept OpenToCollisions = requires {
    requires decltype(derives_from_std_hash(static_cast<typename T::hasher*>(nullptr)))::value;
};

}  // namespace codec

}  // namespace socketio
