#include "socketio/json_plain.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "socketio/json_text.hpp"

namespace socketio {
namespace {

constexpr int max_plain_depth = 32;     // recursion, for short
constexpr int max_plain_digits = 15;    // below 2^53, so exact as JavaScript's number
constexpr std::size_t usual_items = 4;  // of an event: name and a few arguments
// Containers that are given room for so many at once. A megabyte of brackets is of many more, which
// are given what they need.
constexpr int roomy_containers = 64;

// A recursive descent that gives up at the first thing that is not plain. Every value is made where
// it stays, over a null, which has nothing to destroy: assigning costs as much again.
class PlainReader {
public:
    explicit PlainReader(std::string_view text)
        : at_(text.data()), end_(text.data() + text.size()) {}

    bool document(Json& out) {
        skip_blanks();
        if (!value(out, 0)) {
            return false;
        }
        skip_blanks();
        return at_ == end_;
    }

private:
    void skip_blanks() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
            ++at_;
        }
    }
    bool take(char c) {
        bool const there = at_ != end_ && *at_ == c;
        at_ += there;
        return there;
    }
    // Behind a value of a container: true if another follows. Moves to it.
    bool next_item() {
        skip_blanks();
        if (!take(',')) {
            return false;
        }
        skip_blanks();
        return true;
    }

    std::size_t expected_items() { return ++containers_ > roomy_containers ? 1 : usual_items; }

    bool value(Json& out, int depth) {
        if (at_ == end_ || depth == max_plain_depth) {
            return false;
        }
        switch (*at_) {
        case '"': {
            std::string_view text;
            if (!string(text)) {
                return false;
            }
            std::construct_at(&out, text);
            return true;
        }
        case '[':
            return array(out, depth);
        case '{':
            return object(out, depth);
        case 't':
            std::construct_at(&out, true);
            return word("true");
        case 'f':
            std::construct_at(&out, false);
            return word("false");
        case 'n':
            return word("null");
        default:
            return integer(out);
        }
    }

    bool word(std::string_view expected) {
        std::string_view const rest(at_, static_cast<std::size_t>(end_ - at_));
        bool const there = rest.starts_with(expected);
        at_ += there ? expected.size() : 0;
        return there;
    }

    // The text between two quotes; no escape, no control character.
    bool string(std::string_view& out) {
        std::string_view const rest(at_ + 1, static_cast<std::size_t>(end_ - at_ - 1));
        auto const length = unescaped_prefix(rest);
        out = rest.substr(0, length);
        at_ += 1 + length;
        return take('"');
    }

    bool integer(Json& out) {
        bool const negative = take('-');
        char const* const first = at_;
        std::int64_t magnitude = 0;
        while (at_ != end_ && *at_ >= '0' && *at_ <= '9' && at_ - first <= max_plain_digits) {
            magnitude = magnitude * 10 + (*at_++ - '0');
        }
        auto const digits = at_ - first;
        // A leading zero is wrong if digits follow, and -0 is no integer.
        bool const zero_first = digits > 0 && *first == '0';
        bool const fraction = at_ != end_ && (*at_ == '.' || *at_ == 'e' || *at_ == 'E');
        if (digits == 0 || digits > max_plain_digits || fraction ||
            (zero_first && (digits > 1 || negative))) {
            return false;
        }
        std::construct_at(&out, negative ? -magnitude : magnitude);
        return true;
    }

    bool array(Json& out, int depth) {
        ++at_;
        Json::Array items;
        skip_blanks();
        if (!take(']')) {
            items.reserve(expected_items());
            do {
                if (!value(items.emplace_back(), depth + 1)) {
                    return false;
                }
            } while (next_item());
            if (!take(']')) {
                return false;
            }
        }
        std::construct_at(&out, std::move(items));
        return true;
    }

    bool object(Json& out, int depth) {
        ++at_;
        std::vector<Json::Member> members;
        skip_blanks();
        if (!take('}')) {
            members.reserve(expected_items());
            do {
                if (!member(members, depth)) {
                    return false;
                }
            } while (next_item());
            if (!take('}')) {
                return false;
            }
        }
        std::construct_at(&out, Json::Object(std::move(members)));
        return true;
    }

    bool member(std::vector<Json::Member>& members, int depth) {
        std::string_view key;
        if (at_ == end_ || *at_ != '"' || !string(key)) {
            return false;
        }
        skip_blanks();
        if (!take(':')) {
            return false;
        }
        skip_blanks();
        return value(members.emplace_back(std::string(key), Json()).second, depth + 1);
    }

    char const* at_;
    char const* end_;
    int containers_ = 0;
};

}  // namespace

std::optional<Json> parse_plain(std::string_view text) {
    std::optional<Json> value(std::in_place);
    PlainReader reader(text);
    if (!reader.document(*value)) {
        value.reset();
    }
    return value;
}

}  // namespace socketio
