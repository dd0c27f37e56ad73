#pragma once

// Json values to C++ types, chosen at compile time; the reading half of json_codec.hpp, which says
// what types are supported and what reading promises.

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "socketio/describe.hpp"
#include "socketio/json.hpp"
#include "socketio/json_encode.hpp"
#include "socketio/json_text.hpp"
#include "socketio/keyed_hash.hpp"
#include "socketio/raw_json.hpp"

namespace socketio {

template <class T>
bool read_value(Json const& json, T& out);

/// The text of a value without binaries; false if there is one, which has no text.
bool read_raw(Json const& json, RawJson& out);

namespace codec {

template <class T>
bool read_number(Json const& json, T& out) {
    if constexpr (std::floating_point<T>) {
        auto const number = json.number();
        if (number) {
            out = static_cast<T>(*number);
        }
        return number.has_value();
    } else {
        // Larger integers are doubles in Json and not exact, so they are refused for any type.
        auto const integer = json.integer();
        if (!integer || !std::in_range<T>(*integer)) {
            return false;
        }
        out = static_cast<T>(*integer);
        return true;
    }
}

template <class T>
bool read_member(Json::Object const& object, std::string_view name, T& out) {
    if (Json const* const found = object.find(name)) {
        return read_value(*found, out);
    }
    if constexpr (is_optional<T>) {
        out.reset();
        return true;
    } else {
        return false;
    }
}

template <class T>
bool read_struct(Json const& json, T& out) {
    static constexpr auto names = member_names<T>();
    Json::Object const* const object = json.object_members();
    if (!object) {
        return false;
    }
    return std::apply(
        [&](auto&... members) {
            [[maybe_unused]] auto name = names.begin();
            return (read_member(*object, *name++, members) && ...);
        },
        out.sio_json_members());
}

template <class T>
bool read_tuple(Json const& json, T& out) {
    Json::Array const* const items = json.array_items();
    if (!items || items->size() != std::tuple_size_v<T>) {
        return false;
    }
    return std::apply(
        [&](auto&... parts) {
            [[maybe_unused]] auto item = items->begin();
            return (read_value(*item++, parts) && ...);
        },
        out);
}

template <class T>
bool read_bytes(Json const& json, T& out) {
    Binary const* const binary = json.binary();
    if (binary) {
        out.clear();
        for (char const byte : binary->bytes) {
            out.push_back(static_cast<std::byte>(byte));
        }
    }
    return binary != nullptr;
}

/// What comes may be of a stranger's making.
template <class T>
consteval void refuse_collisions() {
    static_assert(
        !OpenToCollisions<T>,
        "a client can choose keys that collide under std::hash: use std::map or std::set, "
        "or an unordered container with socketio::KeyedHash");
}

template <class T>
bool read_sequence(Json const& json, T& out) {
    refuse_collisions<T>();
    using Item = typename T::value_type;
    Json::Array const* const items = json.array_items();
    if (!items) {
        return false;
    }
    if constexpr (requires { std::tuple_size<T>::value; }) {  // std::array
        return items->size() == out.size() &&
               std::ranges::equal(*items, out, [](Json const& item, Item& slot) {
                   return read_value(item, slot);
               });
    } else {
        out.clear();
        for (Json const& item : *items) {
            Item value{};
            if (!read_value(item, value)) {
                return false;
            }
            out.insert(out.end(), std::move(value));
        }
        return true;
    }
}

template <class T>
bool read_map(Json const& json, T& out) {
    refuse_collisions<T>();
    Json::Object const* const object = json.object_members();
    if (!object) {
        return false;
    }
    out.clear();
    for (auto const& [name, item] : *object) {
        typename T::mapped_type value{};
        if (!read_value(item, value)) {
            return false;
        }
        out.emplace(name, std::move(value));
    }
    return true;
}

template <class T>
bool read_optional(Json const& json, T& out) {
    if (json.is_null()) {
        out.reset();
        return true;
    }
    return read_value(json, out.emplace());
}

template <WallTime T>
bool read_time(Json const& json, T& out) {
    std::string const* const text = json.string();
    auto const time = text ? parse_iso_time(*text) : std::nullopt;
    // Nanoseconds reach only from 1677 to 2262; hours would reach further than milliseconds.
    using Milliseconds = std::chrono::duration<double, std::milli>;
    if (!time || Milliseconds(time->time_since_epoch()) >= Milliseconds(T::duration::max()) ||
        Milliseconds(time->time_since_epoch()) <= Milliseconds(T::duration::min())) {
        return false;
    }
    out = std::chrono::time_point_cast<typename T::duration>(*time);
    return true;
}

template <class T, class Part>
bool copy_part(Part const* part, T& out) {
    if (part) {
        out = *part;
    }
    return part != nullptr;
}

}  // namespace codec

/// Fills `out`; false if the value does not fit the type.
template <class T>
bool read_value(Json const& json, T& out) {
    if constexpr (std::same_as<T, Json>) {
        out = json;
        return true;
    } else if constexpr (std::same_as<T, RawJson>) {
        return read_raw(json, out);
    } else if constexpr (std::same_as<T, Binary>) {
        return codec::copy_part(json.binary(), out);
    } else if constexpr (std::same_as<T, bool>) {
        return codec::copy_part(json.boolean(), out);
    } else if constexpr (std::same_as<T, std::nullptr_t>) {
        return json.is_null();
    } else if constexpr (std::integral<T> || std::floating_point<T>) {
        return codec::read_number(json, out);
    } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
        return codec::copy_part(json.string(), out);
    } else if constexpr (Described<T>) {
        return codec::read_struct(json, out);
    } else if constexpr (codec::is_optional<T>) {
        return codec::read_optional(json, out);
    } else if constexpr (codec::WallTime<T>) {
        return codec::read_time(json, out);
    } else if constexpr (codec::StringMap<T>) {
        return codec::read_map(json, out);
    } else if constexpr (std::same_as<T, std::vector<std::byte>>) {
        return codec::read_bytes(json, out);
    } else if constexpr (codec::Sequence<T>) {
        return codec::read_sequence(json, out);
    } else if constexpr (codec::TupleLike<T>) {
        return codec::read_tuple(json, out);
    } else {
        static_assert(codec::always_false<T>,
                      "this type can't be read from JSON: add SIO_JSON(Type, members...) to it or "
                      "use Json");
        return false;
    }
}

/// As above, but large leaves are moved out of a value that is no longer needed.
template <class T>
requires(!std::same_as<T, std::string_view>) bool read_value(Json&& json, T& out) {
    if constexpr (std::same_as<T, Json>) {
        out = std::move(json);
        return true;
    } else if constexpr (std::same_as<T, std::string>) {
        if (std::string* const text = json.string()) {
            out = std::move(*text);
            return true;
        }
        return false;
    } else if constexpr (std::same_as<T, Binary>) {
        if (Binary* const binary = json.binary()) {
            out = std::move(*binary);
            return true;
        }
        return false;
    } else {
        return read_value(static_cast<Json const&>(json), out);
    }
}

}  // namespace socketio
