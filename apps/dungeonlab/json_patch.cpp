#include "apps/dungeonlab/json_patch.hpp"

#include "engineio/net/text.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace apps::dungeonlab {

using socketio::Json;
using socketio::JsonObject;

namespace {

// RFC 6901; nothing for a text that is none, or that reaches for JavaScript's prototype.
std::optional<JsonPointer> parse_pointer(Json const& json) {
    auto const* text = json.string();
    if (text == nullptr || (!text->empty() && text->front() != '/')) {
        return std::nullopt;
    }
    JsonPointer pointer;
    std::string_view rest = *text;
    if (rest.empty()) {
        return pointer;
    }
    rest.remove_prefix(1);
    while (rest.data() != nullptr) {
        auto const piece = engineio::net::next_piece(rest, '/');
        auto& token = pointer.emplace_back();
        for (std::size_t i = 0; i < piece.size(); ++i) {
            if (piece[i] != '~') {
                token += piece[i];
            } else if (++i < piece.size() && (piece[i] == '0' || piece[i] == '1')) {
                token += piece[i] == '0' ? '~' : '/';
            } else {
                return std::nullopt;
            }
        }
        if (token == "__proto__") {
            return std::nullopt;
        }
    }
    return pointer;
}

// Position in an array of `size` elements; "-" is the end.
std::optional<std::size_t> array_index(std::string const& token, std::size_t size) {
    if (token == "-") {
        return size;
    }
    std::size_t index = 0;
    auto const* end = token.data() + token.size();
    auto const [stop, error] = std::from_chars(token.data(), end, index);
    bool const plain =
        error == std::errc() && stop == end && (token.size() == 1 || token[0] != '0');
    return plain && index <= size ? std::optional(index) : std::nullopt;
}

constexpr std::size_t bytes_per_value = 16;

struct Measure {
    std::size_t values = 0;
    std::size_t depth = 0;
};

Measure measure(Json const& json) {
    Measure sum{1, 1};
    if (auto const* text = json.string()) {
        sum.values += text->size() / bytes_per_value;
    }
    auto const add = [&](Json const& inner) {
        auto const part = measure(inner);
        sum.values += part.values;
        sum.depth = std::max(sum.depth, part.depth + 1);
    };
    if (auto const* items = json.array_items()) {
        std::for_each(items->begin(), items->end(), add);
    } else if (auto const* members = json.object_members()) {
        for (auto const& [key, inner] : *members) {
            sum.values += key.size() / bytes_per_value;
            add(inner);
        }
    }
    return sum;
}

class Patcher {
public:
    explicit Patcher(Json& document) : document_(document) {}

    // Nullptr if done, else why not. What one operation does is bounded by the document's size, so
    // the account is looked at after it.
    char const* apply(Json const& operation) {
        auto const* why = perform(operation);
        return work_ > max_patch_work ? "too much work for one patch" : why;
    }

private:
    char const* perform(Json const& operation) {
        auto const& name = *operation["op"].string();
        auto const path = *parse_pointer(operation["path"]);
        if (name == "add") {
            return insert(path, operation["value"]);
        }
        if (name == "remove") {
            return take(path) ? nullptr : "nothing to remove there";
        }
        if (name == "replace") {
            return replace(path, operation["value"]);
        }
        if (name == "test") {
            auto const* place = resolve(path, path.size());
            work_ += measure(operation["value"]).values;
            return place != nullptr && *place == operation["value"] ? nullptr : "the test failed";
        }
        return name == "move" ? move(*parse_pointer(operation["from"]), path)
                              : copy(*parse_pointer(operation["from"]), path);
    }

    // An object is searched from its beginning, and its names are compared as long as they agree.
    void charge_search(JsonObject const& object, std::string const& token) {
        work_ += object.size() * (1 + token.size() / bytes_per_value);
    }

    bool is_too_deep(JsonPointer const& path, Json const& value) {
        auto const sum = measure(value);
        work_ += sum.values;
        return path.size() + sum.depth > max_patched_depth;
    }

    Json* child(Json& parent, std::string const& token) {
        if (auto* object = parent.object_members()) {
            charge_search(*object, token);
            return object->find(token);
        }
        if (auto* items = parent.array_items()) {
            auto const index = array_index(token, items->size());
            return index && *index < items->size() ? &(*items)[*index] : nullptr;
        }
        return nullptr;
    }

    Json* resolve(JsonPointer const& pointer, std::size_t length) {
        auto* place = &document_;
        for (std::size_t i = 0; place != nullptr && i < length; ++i) {
            place = child(*place, pointer[i]);
        }
        return place;
    }

    char const* insert(JsonPointer const& path, Json value) {
        if (is_too_deep(path, value)) {
            return "nested too deeply";
        }
        if (path.empty()) {
            document_ = std::move(value);
            return nullptr;
        }
        auto* parent = resolve(path, path.size() - 1);
        if (parent == nullptr) {
            return "no such parent";
        }
        if (auto* object = parent->object_members()) {
            charge_search(*object, path.back());
            object->set(path.back(), std::move(value));
            return nullptr;
        }
        auto* items = parent->array_items();
        auto const index = items ? array_index(path.back(), items->size()) : std::nullopt;
        if (!index) {
            return "no such place";
        }
        work_ += items->size() - *index;
        items->insert(items->begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
        return nullptr;
    }

    std::optional<Json> take(JsonPointer const& path) {
        if (path.empty()) {
            return std::exchange(document_, Json());
        }
        auto* parent = resolve(path, path.size() - 1);
        auto* place = parent == nullptr ? nullptr : child(*parent, path.back());
        if (place == nullptr) {
            return std::nullopt;
        }
        auto value = std::move(*place);
        if (auto* object = parent->object_members()) {
            charge_search(*object, path.back());
            object->erase(path.back());
        } else {
            auto* items = parent->array_items();
            work_ += items->size() - static_cast<std::size_t>(place - items->data());
            items->erase(items->begin() + (place - items->data()));
        }
        return value;
    }

    char const* replace(JsonPointer const& path, Json value) {
        auto* place = resolve(path, path.size());
        if (place == nullptr) {
            return "nothing to replace there";
        }
        if (is_too_deep(path, value)) {
            return "nested too deeply";
        }
        *place = std::move(value);
        return nullptr;
    }

    char const* move(JsonPointer const& from, JsonPointer const& path) {
        if (from.size() < path.size() && std::equal(from.begin(), from.end(), path.begin())) {
            return "nothing can be moved into itself";
        }
        auto value = take(from);
        return value ? insert(path, std::move(*value)) : "nothing to move there";
    }

    char const* copy(JsonPointer const& from, JsonPointer const& path) {
        auto const* place = resolve(from, from.size());
        if (place == nullptr) {
            return "nothing to copy there";
        }
        auto const values = measure(*place).values;
        copied_ += values;
        work_ += values;
        return copied_ > max_patch_copied_values ? "too much is copied" : insert(path, *place);
    }

    Json& document_;
    std::size_t copied_ = 0;
    std::size_t work_ = 0;
};

bool has_source(Json const& operation) {
    auto const* name = operation["op"].string();
    return name != nullptr && (*name == "move" || *name == "copy");
}

bool is_operation(Json const& operation) {
    auto const* name = operation["op"].string();
    if (name == nullptr || !parse_pointer(operation["path"])) {
        return false;
    }
    if (*name == "add" || *name == "replace" || *name == "test") {
        return operation.contains("value");
    }
    return *name == "remove" || (has_source(operation) && parse_pointer(operation["from"]));
}

}  // namespace

bool is_patch(Json const& operations) {
    auto const* items = operations.array_items();
    return items != nullptr && !items->empty() && items->size() <= max_patch_operations &&
           std::all_of(items->begin(), items->end(), is_operation);
}

std::vector<JsonPointer> places_in(Json const& operations) {
    std::vector<JsonPointer> places;
    for (auto const& operation : *operations.array_items()) {
        places.push_back(*parse_pointer(operation["path"]));
        if (has_source(operation)) {
            places.push_back(*parse_pointer(operation["from"]));
        }
    }
    return places;
}

Patched apply_patch(Json document, Json const& operations) {
    Patched result{std::move(document), std::nullopt};
    Patcher patcher(result.document);
    std::size_t number = 0;
    for (auto const& operation : *operations.array_items()) {
        if (auto const* why = patcher.apply(operation)) {
            result.error = "Operation " + std::to_string(number) + ": " + why;
            return result;
        }
        ++number;
    }
    return result;
}

}  // namespace apps::dungeonlab
