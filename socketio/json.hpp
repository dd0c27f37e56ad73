#pragma once

// The value type behind every argument that is not described by a C++ type: event payloads, the
// handshake's auth object, ack answers. A Json owns its whole tree, copies deeply and moves
// cheaply; it has no allocator, no document and no lifetime to watch. It follows JavaScript where
// that is visible on the wire: numbers are doubles (small integers are kept exact), objects keep
// insertion order with integer-like keys first, and lone surrogates survive as WTF-8. A Binary
// leaf is what Node calls a Buffer; it travels as an attachment.
//
// Threads: like a std::string. Reading one value from several threads is fine, writing is not.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engineio/limits.hpp"

namespace socketio {

/// Deepest nesting of arrays and objects accepted from the wire.
using engineio::limits::max_json_depth;

/// Integers up to here (2^53) are exact in JavaScript; larger ones become doubles.
inline constexpr std::int64_t max_exact_integer = 9007199254740992;

/// Raw bytes that travel as a binary attachment (protocol section "binary event").
struct Binary {
    /// Any bytes, zero bytes included.
    std::string bytes;

    friend bool operator==(Binary const&, Binary const&) = default;
};

class Json;

/// The members of a JSON object in JavaScript's order: integer-like keys ascending, then the others
/// as inserted. Every key is there once. Look-ups are linear: wire objects are small.
class JsonObject {
public:
    /// A key and its value.
    using Member = std::pair<std::string, Json>;
    using const_iterator = std::vector<Member>::const_iterator;

    JsonObject() = default;
    /// Orders the members and merges duplicate keys (the last value at the first position), in
    /// O(n log n), because the list may come from a hostile peer.
    explicit JsonObject(std::vector<Member> members);

    /// The value of `key`, or null if there is none.
    Json const* find(std::string_view key) const;
    Json* find(std::string_view key);
    /// Whether there is such a member.
    bool contains(std::string_view key) const { return find(key) != nullptr; }

    /// Replaces the value in place or adds a member.
    void set(std::string_view key, Json value);
    /// True if there was such a member.
    bool erase(std::string_view key);

    /// The members, in order.
    std::size_t size() const;
    bool empty() const;
    const_iterator begin() const;
    const_iterator end() const;
    /// The value of the member at a position below size(), for changing it in place.
    Json& value_at(std::size_t position);

    /// Equal as sets: the order of members does not matter.
    friend bool operator==(JsonObject const& a, JsonObject const& b);

private:
    std::vector<Member> members_;
};

/// A JSON value, or bytes: null, bool, integer, double, string, array, object or Binary. Integers
/// beyond 2^53 become doubles, as in JavaScript. A value like std::string; no thread rules.
class Json {
public:
    /// Containers.
    using Array = std::vector<Json>;
    using Object = JsonObject;
    using Member = JsonObject::Member;

    /// Null.
    Json() noexcept = default;
    /// Implicitly from what JSON has.
    Json(std::nullptr_t) noexcept {}
    Json(std::same_as<bool> auto value) noexcept : value_(value) {}
    template <std::integral T>
    requires(!std::same_as<T, bool>) Json(T value)
    noexcept {
        if constexpr (sizeof(T) < 8) {
            value_ = static_cast<std::int64_t>(value);
        } else {
            set_wide(static_cast<std::uint64_t>(value), value < T{0});
        }
    }
    /// Integral doubles up to 2^53 are stored as integers, so Json(3.0) == Json(3); -0 stays -0.
    Json(double value) noexcept;
    /// The same; and implicitly from what else JSON has.
    Json(float value) noexcept : Json(static_cast<double>(value)) {}
    Json(char const* text) : value_(std::string(text)) {}
    Json(std::string text) noexcept : value_(std::move(text)) {}
    Json(std::string_view text) : value_(std::string(text)) {}
    Json(Array items) noexcept : value_(std::move(items)) {}
    Json(Object members) noexcept : value_(std::move(members)) {}
    Json(Binary bytes) noexcept : value_(std::move(bytes)) {}

    /// Json::array({1, "two"}) and Json::object({{"k", 1}}); both may be empty.
    static Json array(std::initializer_list<Json> items = {}) { return Json(Array(items)); }
    static Json object(std::initializer_list<Member> members = {}) {
        return Json(Object(std::vector<Member>(members)));
    }

    /// Exactly one is true, but an integer is a number, too.
    bool is_null() const { return value_.index() == 0; }
    bool is_bool() const { return std::holds_alternative<bool>(value_); }
    bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
    bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
    bool is_string() const { return std::holds_alternative<std::string>(value_); }
    bool is_array() const { return std::holds_alternative<Array>(value_); }
    bool is_object() const { return std::holds_alternative<Object>(value_); }
    bool is_binary() const { return std::holds_alternative<Binary>(value_); }

    /// Checked access: null (or nullopt) if the value is of another type.
    bool const* boolean() const { return std::get_if<bool>(&value_); }
    std::optional<std::int64_t> integer() const;
    std::optional<double> number() const;
    std::string const* string() const { return std::get_if<std::string>(&value_); }
    std::string* string() { return std::get_if<std::string>(&value_); }
    Array const* array_items() const { return std::get_if<Array>(&value_); }
    Array* array_items() { return std::get_if<Array>(&value_); }
    Object const* object_members() const { return std::get_if<Object>(&value_); }
    Object* object_members() { return std::get_if<Object>(&value_); }
    Binary const* binary() const { return std::get_if<Binary>(&value_); }
    Binary* binary() { return std::get_if<Binary>(&value_); }

    /// A member or element, or a null value if this is no such container or has none.
    Json const& operator[](std::string_view key) const;
    Json const& operator[](char const* key) const { return (*this)[std::string_view(key)]; }
    template <std::integral T>
    Json const& operator[](T index) const {
        return at(static_cast<std::size_t>(index));
    }

    /// An object with that member.
    bool contains(std::string_view key) const;
    /// Elements of an array, members of an object, otherwise 0.
    std::size_t size() const;

    /// Bytes of memory that it takes, itself and all that it holds; what is reserved for more, and
    /// what the allocator adds, does not count.
    std::size_t memory() const;

    /// These turn a null value into an array or object first; on any other type they do nothing
    /// and return false.
    bool push_back(Json value);
    bool set(std::string_view key, Json value);

    /// The text JSON.stringify would give; a Binary prints as Node's Buffer does. `canonical`
    /// sorts the keys of every object by UTF-16 code units, for hashing.
    std::string dump() const;
    std::string canonical() const;
    /// What JSON.parse accepts and nothing else, nested at most max_json_depth; nullopt otherwise.
    /// The text must be UTF-8 (the layers below check it).
    static std::optional<Json> parse(std::string_view text);

    /// Numbers compare by value, objects as sets of members.
    friend bool operator==(Json const& a, Json const& b);

private:
    Json const& at(std::size_t index) const;
    void set_wide(std::uint64_t bits, bool negative) noexcept;

    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object, Binary>
        value_;
};

static_assert(sizeof(Json) <= 40);

// Here, where Json is complete, which Clang wants of what a vector holds.
inline std::size_t JsonObject::size() const {
    return members_.size();
}
inline bool JsonObject::empty() const {
    return members_.empty();
}
inline JsonObject::const_iterator JsonObject::begin() const {
    return members_.begin();
}
inline JsonObject::const_iterator JsonObject::end() const {
    return members_.end();
}

}  // namespace socketio
