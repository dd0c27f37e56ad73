#pragma once

// C++ types to and from JSON, chosen at compile time. Supported: bool, integers (range and
// integrality are checked when reading), float and double, std::string, std::string_view,
// char const*, vectors, deques, lists, sets, std::array, maps with string keys, std::optional,
// std::pair and std::tuple (as arrays), system_clock time points (as ISO strings), Json, Binary,
// std::vector<std::byte> (as binary), RawJson, std::nullptr_t and structs with a SIO_JSON line.
// Unordered maps and sets can be read if their hash is not std::hash (keyed_hash.hpp).
//
// Reading never throws and never converts between kinds: the string "3" is no number. After a
// failed read the target is valid but unspecified. A std::string_view that was read points into
// the Json it came from.

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "socketio/json.hpp"
#include "socketio/json_decode.hpp"
#include "socketio/json_encode.hpp"
#include "socketio/writer.hpp"

namespace socketio {

/// "All remaining arguments" in a handler's parameter list, and arguments known only at run time
/// in an emit: its elements are spread, not sent as one array.
struct Args : std::vector<Json> {
    using std::vector<Json>::vector;
};

/// How many array elements the arguments make once every Args is spread.
template <class... Ts>
std::size_t args_count(Ts const&... args) {
    [[maybe_unused]] auto const count = [](auto const& arg) -> std::size_t {
        if constexpr (std::same_as<std::remove_cvref_t<decltype(arg)>, Args>) {
            return arg.size();
        } else {
            return 1;
        }
    };
    return (count(args) + ... + std::size_t{0});
}

/// Writes the arguments as elements of an array the caller has begun.
template <class... Ts>
void write_args(Writer& writer, Ts const&... args) {
    [[maybe_unused]] auto const write_one = [&writer](auto const& arg) {
        if constexpr (std::same_as<std::remove_cvref_t<decltype(arg)>, Args>) {
            for (Json const& item : arg) {
                write(writer, item);
            }
        } else {
            write_value(writer, arg);
        }
    };
    (write_one(args), ...);
}

/// Any supported value as a Json tree.
template <class T>
Json to_json(T const& value) {
    TreeWriter tree;
    write_value(tree, value);
    return tree.take();
}

}  // namespace socketio
