#include "socketio/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "socketio/json_text.hpp"
#include "socketio/writer.hpp"

namespace socketio {
namespace {

// The number in an "array index" key of ECMAScript (canonical decimal below 2^32-1); such keys
// come first in every JavaScript object. Other keys yield nullopt.
std::optional<std::uint32_t> array_index(std::string_view key) {
    if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1)) {
        return std::nullopt;
    }
    std::uint32_t index = 0;
    auto const [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    bool const complete = error == std::errc() && end == key.data() + key.size();
    if (!complete || index == std::numeric_limits<std::uint32_t>::max()) {
        return std::nullopt;
    }
    return index;
}

// Leaves each key once: at its first position, with its last value. Positions are sorted by key
// instead of searching for every key, because a peer may send 100,000 of them.
void merge_duplicates(std::vector<Json::Member>& members) {
    std::vector<std::size_t> by_key(members.size());
    for (std::size_t i = 0; i < by_key.size(); ++i) {
        by_key[i] = i;
    }
    std::ranges::stable_sort(by_key, {},
                             [&](std::size_t i) -> std::string_view { return members[i].first; });
    std::vector<bool> dropped(members.size());
    bool any_dropped = false;
    std::size_t first = 0;
    for (std::size_t i = 1; i < by_key.size(); ++i) {
        if (members[by_key[i]].first != members[by_key[first]].first) {
            first = i;
            continue;
        }
        members[by_key[first]].second = std::move(members[by_key[i]].second);
        dropped[by_key[i]] = true;
        any_dropped = true;
    }
    if (any_dropped) {
        std::size_t position = 0;
        std::erase_if(members, [&](Json::Member const&) { return dropped[position++]; });
    }
}

// Whether merge_duplicates() may have something to do; for few members comparing all pairs is ten
// times cheaper than sorting.
bool may_have_duplicates(std::vector<Json::Member> const& members) {
    constexpr std::size_t few = 16;
    if (members.size() > few) {
        return true;
    }
    for (std::size_t i = 1; i < members.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (members[i].first == members[j].first) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace

JsonObject::JsonObject(std::vector<Member> members) : members_(std::move(members)) {
    if (may_have_duplicates(members_)) {
        merge_duplicates(members_);
    }
    auto const is_index = [](Member const& member) {
        return array_index(member.first).has_value();
    };
    if (std::ranges::any_of(members_, is_index)) {
        auto const names = std::ranges::stable_partition(members_, is_index);
        std::sort(members_.begin(), names.begin(), [](Member const& a, Member const& b) {
            return *array_index(a.first) < *array_index(b.first);
        });
    }
}

Json const* JsonObject::find(std::string_view key) const {
    auto const found = std::ranges::find(members_, key, &Member::first);
    return found == members_.end() ? nullptr : &found->second;
}

Json* JsonObject::find(std::string_view key) {
    return const_cast<Json*>(std::as_const(*this).find(key));
}

void JsonObject::set(std::string_view key, Json value) {
    if (Json* const present = find(key)) {
        *present = std::move(value);
        return;
    }
    auto position = members_.end();
    if (auto const index = array_index(key)) {
        position = std::ranges::find_if(members_, [&](Member const& member) {
            auto const other = array_index(member.first);
            return !other || *other > *index;
        });
    }
    members_.emplace(position, std::string(key), std::move(value));
}

Json& JsonObject::value_at(std::size_t position) {
    return members_[position].second;
}

bool JsonObject::erase(std::string_view key) {
    auto const found = std::ranges::find(members_, key, &Member::first);
    if (found == members_.end()) {
        return false;
    }
    members_.erase(found);
    return true;
}

bool operator==(JsonObject const& a, JsonObject const& b) {
    if (a.size() != b.size()) {
        return false;
    }
    // Nearly always both list their members in the same order; sort pointers only otherwise.
    if (std::ranges::equal(a.members_, b.members_, {}, &Json::Member::first,
                           &Json::Member::first)) {
        return a.members_ == b.members_;
    }
    auto const sorted = [](JsonObject const& object) {
        std::vector<Json::Member const*> members;
        for (Json::Member const& member : object) {
            members.push_back(&member);
        }
        std::ranges::sort(members, {},
                          [](auto* member) -> std::string_view { return member->first; });
        return members;
    };
    return std::ranges::equal(sorted(a), sorted(b),
                              [](auto* left, auto* right) { return *left == *right; });
}

Json::Json(double value) noexcept {
    constexpr auto limit = static_cast<double>(max_exact_integer);
    bool const integral = std::abs(value) <= limit && std::trunc(value) == value;
    if (integral && !(value == 0 && std::signbit(value))) {
        value_ = static_cast<std::int64_t>(value);
    } else {
        value_ = value;
    }
}

void Json::set_wide(std::uint64_t bits, bool negative) noexcept {
    std::uint64_t const magnitude = negative ? 0 - bits : bits;
    if (magnitude <= static_cast<std::uint64_t>(max_exact_integer)) {
        value_ = static_cast<std::int64_t>(bits);
    } else {
        auto const rounded = static_cast<double>(magnitude);
        *this = Json(negative ? -rounded : rounded);
    }
}

std::optional<std::int64_t> Json::integer() const {
    if (auto const* const integer = std::get_if<std::int64_t>(&value_)) {
        return *integer;
    }
    double const* const number = std::get_if<double>(&value_);
    return number && *number == 0 ? std::optional<std::int64_t>(0) : std::nullopt;  // -0
}

std::optional<double> Json::number() const {
    if (auto const* const integer = std::get_if<std::int64_t>(&value_)) {
        return static_cast<double>(*integer);
    }
    double const* const number = std::get_if<double>(&value_);
    return number ? std::optional<double>(*number) : std::nullopt;
}

Json const& Json::operator[](std::string_view key) const {
    static Json const missing;
    Object const* const object = object_members();
    Json const* const found = object ? object->find(key) : nullptr;
    return found ? *found : missing;
}

Json const& Json::at(std::size_t index) const {
    static Json const missing;
    Array const* const items = array_items();
    return items && index < items->size() ? (*items)[index] : missing;
}

bool Json::contains(std::string_view key) const {
    Object const* const object = object_members();
    return object && object->contains(key);
}

std::size_t Json::size() const {
    if (Array const* const items = array_items()) {
        return items->size();
    }
    Object const* const object = object_members();
    return object ? object->size() : 0;
}

bool Json::push_back(Json value) {
    if (is_null()) {
        value_ = Array();
    }
    Array* const items = array_items();
    if (items) {
        items->push_back(std::move(value));
    }
    return items != nullptr;
}

bool Json::set(std::string_view key, Json value) {
    if (is_null()) {
        value_ = Object();
    }
    Object* const object = object_members();
    if (object) {
        object->set(key, std::move(value));
    }
    return object != nullptr;
}

std::size_t Json::memory() const {
    std::size_t bytes = sizeof(Json);
    if (auto const* const text = string()) {
        bytes += text->size();
    } else if (auto const* const data = binary()) {
        bytes += data->bytes.size();
    } else if (auto const* const items = array_items()) {
        for (auto const& item : *items) {
            bytes += item.memory();
        }
    } else if (auto const* const members = object_members()) {
        for (auto const& [key, value] : *members) {
            bytes += sizeof(key) + key.size() + value.memory();
        }
    }
    return bytes;
}

std::string Json::dump() const {
    std::string text;
    TextWriter writer(text);
    write(writer, *this);
    return text;
}

std::string Json::canonical() const {
    std::string text;
    append_canonical(text, *this);
    return text;
}

bool operator==(Json const& a, Json const& b) {
    // -0 is a double and equals the integer 0; all other equal numbers have the same form.
    if (a.is_number() && b.is_number()) {
        return a.number() == b.number();
    }
    return a.value_ == b.value_;
}

}  // namespace socketio
