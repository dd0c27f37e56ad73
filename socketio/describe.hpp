#pragma once

// One line that lets a plain struct travel as a JSON object:
//
//     struct ChatMessage { std::string room, text; SIO_JSON(ChatMessage, room, text) };
//
// The struct stays an aggregate. Members are written in the order listed. When reading, a listed
// member must be present unless it is a std::optional; members of the object that are not listed
// are ignored. A member whose wire name is a C++ keyword gets one underscore at its end: `class_`
// travels as "class".

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>

namespace socketio {

/// The names come as the macro's argument text and are split at compile time, so the macro needs
/// no counting tricks and any number of members works.
#define SIO_JSON(Type, ...)                                                                        \
    static constexpr Type const* sio_json_type() {                                                 \
        return nullptr;                                                                            \
    }                                                                                              \
    static constexpr std::string_view sio_json_names() {                                           \
        return #__VA_ARGS__;                                                                       \
    }                                                                                              \
    constexpr auto sio_json_members() {                                                            \
        return std::tie(__VA_ARGS__);                                                              \
    }                                                                                              \
    constexpr auto sio_json_members() const {                                                      \
        return std::tie(__VA_ARGS__);                                                              \
    }

/// True for structs with their own SIO_JSON line; an inherited line would drop the new members.
template <class T>
concept Described = requires {
    { T::sio_json_type() } -> std::same_as<T const*>;
};

template <Described T>
inline constexpr std::size_t member_count =
    std::tuple_size_v<decltype(std::declval<T&>().sio_json_members())>;

/// The wire names of T's members, in order.
template <Described T>
constexpr std::array<std::string_view, member_count<T>> member_names() {
    std::array<std::string_view, member_count<T>> names;
    std::string_view rest = T::sio_json_names();
    for (std::string_view& name : names) {
        name = rest.substr(0, rest.find(','));
        rest.remove_prefix(name.size() < rest.size() ? name.size() + 1 : name.size());
        while (name.front() == ' ') {
            name.remove_prefix(1);
        }
        while (name.back() == ' ' || name.back() == '_') {
            bool const keyword_mark = name.back() == '_';
            name.remove_suffix(1);
            if (keyword_mark) {
                break;
            }
        }
    }
    return names;
}

}  // namespace socketio
