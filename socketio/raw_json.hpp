#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio {

/// JSON text that is passed on as it is: a handler that takes `RawJson` gets an argument's text,
/// checked but not parsed into values, and an emit of it copies the text. For relays, which care
/// about who hears something and not what it says.
///
///     io.on("map-update", [](Socket& s, RawJson state) { s.to("table").emit("map-update", state);
///     });
///
/// What is certain: the text is one value that JSON.parse accepts, nested at most max_json_depth
/// levels, in UTF-8. It keeps the sender's blanks, number forms, escapes and duplicate keys, unless
/// others of the event want values, it has attachments, or another parser than the default one is
/// used: then it is printed from the values. An argument that holds binary has no text: on_invalid
/// hears of it instead of the handler.
///
/// A value like std::string; no thread rules.
class RawJson {
public:
    RawJson() : text_("null") {}

    /// Checks the text; nothing if it is not what is promised above.
    static std::optional<RawJson> parse(std::string text);
    /// For text that is known to be right, as what this class gave out before.
    static RawJson trusted(std::string text) { return RawJson(std::move(text)); }

    /// The text, as it came.
    std::string const& text() const { return text_; }

    friend bool operator==(RawJson const&, RawJson const&) = default;

private:
    explicit RawJson(std::string text) : text_(std::move(text)) {}

    std::string text_;
};

/// Where the value at the start of `text`, blanks before it included, ends; npos if there is no
/// valid one. Grammar of JSON.parse, at most max_json_depth levels, iterative. UTF-8 is not
/// checked.
std::size_t scan_json(std::string_view text);

/// The arguments of an event packet's payload `["name",...]`, each as its text, if it is valid and
/// `name` is exactly the (unescaped) name; nothing otherwise: then the payload is to be parsed.
std::optional<std::vector<std::string>> split_event(std::string_view payload);
/// The name of such a payload, if it begins with one that has no escapes.
std::optional<std::string_view> peek_event_name(std::string_view payload);

}  // namespace socketio
