#include "socketio/writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "socketio/json_text.hpp"

namespace socketio {
namespace {

// Room reserved for a container at most: the claimed size may be a hostile peer's.
constexpr std::size_t max_reserved_items = 16;

void append_integer(std::string& out, std::int64_t value) {
    std::array<char, 20> digits;
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

}  // namespace

void write(Writer& writer, Json const& value) {
    if (auto const* const text = value.string()) {
        writer.string(*text);
    } else if (value.is_integer()) {
        writer.integer(*value.integer());
    } else if (auto const number = value.number()) {
        writer.number(*number);
    } else if (auto const* const flag = value.boolean()) {
        writer.boolean(*flag);
    } else if (auto const* const items = value.array_items()) {
        writer.begin_array(items->size());
        for (Json const& item : *items) {
            write(writer, item);
        }
        writer.end_array();
    } else if (auto const* const members = value.object_members()) {
        writer.begin_object(members->size());
        for (auto const& [name, member] : *members) {
            writer.key(name);
            write(writer, member);
        }
        writer.end_object();
    } else if (auto const* const binary = value.binary()) {
        writer.binary(binary->bytes);
    } else {
        writer.null();
    }
}

void Writer::raw(std::string_view json) {
    auto const value = Json::parse(json);
    value ? write(*this, *value) : null();
}

void TextWriter::raw(std::string_view json) {
    before_value();
    out_ += json;
}

void TextWriter::before_value() {
    if (comma_due_) {
        out_.push_back(',');
    }
    comma_due_ = true;
    after_key_ = false;
}

void TextWriter::null() {
    before_value();
    out_ += "null";
}

void TextWriter::undefined() {
    if (!after_key_) {
        null();
        return;
    }
    out_.resize(member_start_);
    comma_due_ = comma_due_at_member_;
    after_key_ = false;
}

void TextWriter::boolean(bool value) {
    before_value();
    out_ += value ? "true" : "false";
}

void TextWriter::integer(std::int64_t value) {
    before_value();
    append_integer(out_, value);
}

void TextWriter::number(double value) {
    before_value();
    append_number(out_, value);
}

void TextWriter::string(std::string_view text) {
    before_value();
    append_quoted(out_, text);
}

void TextWriter::binary(std::string_view bytes) {
    before_value();
    if (attachments_) {
        out_ += R"({"_placeholder":true,"num":)";
        append_integer(out_, static_cast<std::int64_t>(attachments_->size()));
        out_.push_back('}');
        attachments_->emplace_back(bytes);
        return;
    }
    out_ += R"({"type":"Buffer","data":[)";
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0) {
            out_.push_back(',');
        }
        append_integer(out_, static_cast<unsigned char>(bytes[i]));
    }
    out_ += "]}";
}

void TextWriter::begin_array(std::size_t) {
    before_value();
    out_.push_back('[');
    comma_due_ = false;
}

void TextWriter::end_array() {
    out_.push_back(']');
    comma_due_ = true;
}

void TextWriter::begin_object(std::size_t) {
    before_value();
    out_.push_back('{');
    comma_due_ = false;
}

void TextWriter::key(std::string_view name) {
    member_start_ = out_.size();
    comma_due_at_member_ = comma_due_;
    before_value();
    append_quoted(out_, name);
    out_.push_back(':');
    comma_due_ = false;
    after_key_ = true;
}

void TextWriter::end_object() {
    out_.push_back('}');
    comma_due_ = true;
}

void TreeWriter::undefined() {
    if (open_.empty() || !open_.back().is_object) {
        null();
    }
}

void TreeWriter::begin_array(std::size_t size) {
    open_.emplace_back().items.reserve(std::min(size, max_reserved_items));
}

void TreeWriter::end_array() {
    Json value(std::move(open_.back().items));
    open_.pop_back();
    add(std::move(value));
}

void TreeWriter::begin_object(std::size_t size) {
    Container& container = open_.emplace_back();
    container.is_object = true;
    container.members.reserve(std::min(size, max_reserved_items));
}

void TreeWriter::key(std::string_view name) {
    open_.back().key = name;
}

void TreeWriter::end_object() {
    Json value(Json::Object(std::move(open_.back().members)));
    open_.pop_back();
    add(std::move(value));
}

void TreeWriter::add(Json value) {
    if (open_.empty()) {
        root_ = std::move(value);
    } else if (open_.back().is_object) {
        open_.back().members.emplace_back(std::move(open_.back().key), std::move(value));
    } else {
        open_.back().items.push_back(std::move(value));
    }
}

}  // namespace socketio
