#include "socketio/raw_json.hpp"

#include "engineio/net/text.hpp"
#include "socketio/json.hpp"
#include "socketio/json_decode.hpp"
#include "socketio/writer.hpp"

#include <array>
#include <bitset>
#include <utility>

namespace socketio {

namespace {

constexpr auto npos = std::string_view::npos;

bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// What ends a run of ordinary characters in a string.
constexpr auto string_stops = [] {
    std::array<bool, 256> stops{};
    for (unsigned c = 0; c < 0x20; ++c) {
        stops[c] = true;
    }
    stops['"'] = stops['\\'] = true;
    return stops;
}();

// One pass over a text; `at_` is the next character. Every take_ function moves behind what it
// took, or says no.
class Scanner {
public:
    Scanner(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

    std::size_t position() const { return at_; }
    void skip_blanks() {
        while (at_ < text_.size() && is_blank(text_[at_])) {
            ++at_;
        }
    }
    bool take(char c) {
        bool const there = at_ < text_.size() && text_[at_] == c;
        at_ += there;
        return there;
    }
    bool take_value();

private:
    bool take_word(std::string_view word) {
        bool const there = text_.substr(at_).starts_with(word);
        at_ += there ? word.size() : 0;
        return there;
    }
    bool take_digits() {
        auto const begin = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) {
            ++at_;
        }
        return at_ > begin;
    }
    bool take_string();
    bool take_escape();
    bool take_number();
    bool take_scalar();
    bool take_key();
    bool next_value();

    std::string_view text_;
    std::size_t max_depth_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::bitset<max_json_depth> is_object_;  // of the open containers
};

bool Scanner::take_string() {
    if (!take('"')) {
        return false;
    }
    while (at_ < text_.size()) {
        auto const c = static_cast<unsigned char>(text_[at_++]);
        if (!string_stops[c]) {
            continue;
        }
        if (c == '"') {
            return true;
        }
        if (c < 0x20 || !take_escape()) {
            return false;
        }
    }
    return false;
}

bool Scanner::take_escape() {
    if (at_ >= text_.size()) {
        return false;
    }
    char const kind = text_[at_++];
    if (kind != 'u') {
        return std::string_view("\"\\/bfnrt").find(kind) != npos;
    }
    for (int i = 0; i < 4; ++i, ++at_) {
        if (at_ >= text_.size() || !is_hex(text_[at_])) {
            return false;
        }
    }
    return true;
}

bool Scanner::take_number() {
    take('-');
    if (!take('0') && !take_digits()) {
        return false;
    }
    if (take('.') && !take_digits()) {
        return false;
    }
    if (take('e') || take('E')) {
        if (!take('+')) {
            take('-');
        }
        return take_digits();
    }
    return true;
}

bool Scanner::take_scalar() {
    if (at_ >= text_.size()) {
        return false;
    }
    switch (text_[at_]) {
    case '"':
        return take_string();
    case 't':
        return take_word("true");
    case 'f':
        return take_word("false");
    case 'n':
        return take_word("null");
    default:
        return take_number();
    }
}

bool Scanner::take_key() {
    skip_blanks();
    if (!take_string()) {
        return false;
    }
    skip_blanks();
    return take(':');
}

// Behind a value: closes the containers that end here and moves to where the next value begins.
// False if there is none, because all are closed or because the text is wrong; depth_ tells which.
bool Scanner::next_value() {
    while (depth_ > 0) {
        skip_blanks();
        bool const object = is_object_[depth_ - 1];
        if (take(',')) {
            return !object || take_key();
        }
        if (!take(object ? '}' : ']')) {
            return false;
        }
        --depth_;
    }
    return false;
}

bool Scanner::take_value() {
    depth_ = 0;
    do {
        bool empty = false;
        skip_blanks();
        while (at_ < text_.size() && (text_[at_] == '[' || text_[at_] == '{')) {
            char const bracket = text_[at_++];
            if (depth_ == max_depth_) {
                return false;
            }
            is_object_[depth_++] = bracket == '{';
            skip_blanks();
            empty = at_ < text_.size() && text_[at_] == (bracket == '{' ? '}' : ']');
            if (empty) {
                break;  // next_value() takes the bracket
            }
            if (bracket == '{' && !take_key()) {
                return false;
            }
            skip_blanks();
        }
        if (!empty && !take_scalar()) {
            return false;
        }
    } while (next_value());
    return depth_ == 0;
}

}  // namespace

std::size_t scan_json(std::string_view text) {
    Scanner scanner(text, max_json_depth);
    return scanner.take_value() ? scanner.position() : npos;
}

std::optional<RawJson> RawJson::parse(std::string text) {
    Scanner scanner(text, max_json_depth);
    if (!scanner.take_value()) {
        return std::nullopt;
    }
    scanner.skip_blanks();
    if (scanner.position() != text.size() || !engineio::net::is_valid_utf8(text)) {
        return std::nullopt;
    }
    return RawJson(std::move(text));
}

bool read_raw(Json const& json, RawJson& out) {
    std::string text;
    std::vector<std::string> attachments;
    TextWriter writer(text, &attachments);
    write(writer, json);
    if (!attachments.empty()) {
        return false;
    }
    out = RawJson::trusted(std::move(text));
    return true;
}

std::optional<std::string_view> peek_event_name(std::string_view payload) {
    if (!payload.starts_with("[\"")) {
        return std::nullopt;
    }
    auto const rest = payload.substr(2);
    auto const end = rest.find_first_of("\"\\");
    if (end == npos || rest[end] != '"') {
        return std::nullopt;
    }
    return rest.substr(0, end);
}

std::optional<std::vector<std::string>> split_event(std::string_view payload) {
    Scanner scanner(payload, max_json_depth - 1);  // the event's own array is a level, too
    std::vector<std::string> args;
    if (!scanner.take('[') || !scanner.take_value()) {
        return std::nullopt;
    }
    for (;;) {
        scanner.skip_blanks();
        if (!scanner.take(',')) {
            break;
        }
        scanner.skip_blanks();
        auto const begin = scanner.position();
        if (!scanner.take_value()) {
            return std::nullopt;
        }
        args.emplace_back(payload.substr(begin, scanner.position() - begin));
    }
    bool const closed = scanner.take(']');
    scanner.skip_blanks();
    return closed && scanner.position() == payload.size() ? std::optional(std::move(args))
                                                          : std::nullopt;
}

}  // namespace socketio
