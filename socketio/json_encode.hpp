#pragma once

// C++ values to a Writer, chosen at compile time; the writing half of json_codec.hpp, which says
// what types are supported. Also the vocabulary both halves use to classify types.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "socketio/describe.hpp"
#include "socketio/json.hpp"
#include "socketio/json_text.hpp"
#include "socketio/raw_json.hpp"
#include "socketio/writer.hpp"

namespace socketio {

template <class T>
void write_value(Writer& writer, T const& value);

namespace codec {

template <class T>
inline constexpr bool always_false = false;

template <class T>
concept Text = std::is_convertible_v<T const&, std::string_view>;
template <class T>
concept StringMap = requires {
    typename T::key_type;
    typename T::mapped_type;
    requires std::same_as<typename T::key_type, std::string>;
};
template <class T>
concept Sequence = std::ranges::input_range<T const> && !Text<T> && !StringMap<T> && requires {
    typename T::value_type;
};
template <class T>
concept TupleLike = requires {
    std::tuple_size<T>::value;
}
&&!Sequence<T>;
template <class T>
concept WallTime = requires {
    requires std::same_as<typename T::clock, std::chrono::system_clock>;
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
void write_number(Writer& writer, T value) {
    if constexpr (std::floating_point<T>) {
        writer.number(static_cast<double>(value));
    } else if constexpr (sizeof(T) == 8 && std::unsigned_integral<T>) {
        if (value > static_cast<T>(std::numeric_limits<std::int64_t>::max())) {
            writer.number(static_cast<double>(value));
        } else {
            writer.integer(static_cast<std::int64_t>(value));
        }
    } else {
        writer.integer(value);
    }
}

/// A nullopt member is left out, as JSON.stringify leaves out undefined.
template <class T>
bool is_present(T const& member) {
    if constexpr (is_optional<T>) {
        return member.has_value();
    } else {
        return true;
    }
}

template <class T>
void write_struct(Writer& writer, T const& value) {
    static constexpr auto names = member_names<T>();
    std::apply(
        [&](auto const&... members) {
            writer.begin_object((std::size_t{is_present(members)} + ... + std::size_t{0}));
            [[maybe_unused]] auto name = names.begin();
            (
                [&] {
                    if (is_present(members)) {
                        writer.key(*name);
                        write_value(writer, members);
                    }
                    ++name;
                }(),
                ...);
            writer.end_object();
        },
        value.sio_json_members());
}

template <class T>
void write_tuple(Writer& writer, T const& value) {
    writer.begin_array(std::tuple_size_v<T>);
    std::apply([&](auto const&... items) { (write_value(writer, items), ...); }, value);
    writer.end_array();
}

template <class T>
void write_sequence(Writer& writer, T const& value) {
    if constexpr (std::same_as<typename T::value_type, std::byte>) {
        std::string bytes;
        for (std::byte const byte : value) {
            bytes.push_back(static_cast<char>(byte));
        }
        writer.binary(bytes);
    } else {
        writer.begin_array(static_cast<std::size_t>(std::ranges::distance(value)));
        for (typename T::value_type const& item : value) {
            write_value(writer, item);
        }
        writer.end_array();
    }
}

template <class T>
void write_map(Writer& writer, T const& value) {
    writer.begin_object(value.size());
    for (auto const& [name, item] : value) {
        writer.key(name);
        write_value(writer, item);
    }
    writer.end_object();
}

}  // namespace codec

/// Tells `value` to the writer.
template <class T>
void write_value(Writer& writer, T const& value) {
    if constexpr (std::same_as<T, Json>) {
        write(writer, value);
    } else if constexpr (std::same_as<T, RawJson>) {
        writer.raw(value.text());
    } else if constexpr (std::same_as<T, Binary>) {
        writer.binary(value.bytes);
    } else if constexpr (std::same_as<T, bool>) {
        writer.boolean(value);
    } else if constexpr (std::same_as<T, std::nullptr_t>) {
        writer.null();
    } else if constexpr (std::integral<T> || std::floating_point<T>) {
        codec::write_number(writer, value);
    } else if constexpr (codec::Text<T>) {
        writer.string(value);
    } else if constexpr (Described<T>) {
        codec::write_struct(writer, value);
    } else if constexpr (codec::is_optional<T>) {
        value ? write_value(writer, *value) : writer.null();
    } else if constexpr (codec::WallTime<T>) {
        writer.string(iso_time(std::chrono::floor<std::chrono::milliseconds>(value)));
    } else if constexpr (codec::StringMap<T>) {
        codec::write_map(writer, value);
    } else if constexpr (codec::Sequence<T>) {
        codec::write_sequence(writer, value);
    } else if constexpr (codec::TupleLike<T>) {
        codec::write_tuple(writer, value);
    } else {
        static_assert(codec::always_false<T>,
                      "this type can't travel as JSON: add SIO_JSON(Type, members...) to it or use "
                      "Json");
    }
}

}  // namespace socketio
