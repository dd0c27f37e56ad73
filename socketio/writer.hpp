#pragma once

// How values become bytes. A Writer is told one value as a series of calls and appends its
// encoding somewhere; emit() drives it straight from C++ types, so no Json tree is built for
// sending. One writer encodes one packet and is dropped afterwards.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "socketio/json.hpp"

namespace socketio {

/// What values are told to, one after the other; a parser brings its own for its wire form. Calls
/// come in the order of the text: an object is begin_object(), then key() and a value for each
/// member, then end_object(). Everything given is valid during the call only. Used by one thread.
class Writer {
public:
    virtual ~Writer() = default;

    /// One value.
    virtual void null() = 0;
    /// JavaScript's undefined: a member that JSON text leaves out, an element it prints as null,
    /// a value of its own in MessagePack.
    virtual void undefined() = 0;
    /// A plain value.
    virtual void boolean(bool value) = 0;
    virtual void integer(std::int64_t value) = 0;
    /// NaN and the infinities are null in JSON text.
    virtual void number(double value) = 0;
    /// UTF-8, lone surrogates allowed as WTF-8.
    virtual void string(std::string_view text) = 0;
    /// Bytes; text encodings make an attachment of them.
    virtual void binary(std::string_view bytes) = 0;

    /// `size` must be the exact number of elements or members that follow.
    virtual void begin_array(std::size_t size) = 0;
    /// The end of the array begun last.
    virtual void end_array() = 0;
    /// `size` as for arrays; then key() before each member's value.
    virtual void begin_object(std::size_t size) = 0;
    virtual void key(std::string_view name) = 0;
    virtual void end_object() = 0;

    /// One value that is JSON text already (RawJson). Parsed and written as a tree here; what
    /// writes JSON text copies it.
    virtual void raw(std::string_view json);

protected:
    Writer() = default;
    Writer(Writer const&) = default;
    Writer& operator=(Writer const&) = default;
};

/// Tells `value` to `writer`. Recursive: as deep as the tree.
void write(Writer& writer, Json const& value);

/// A borrowed function that writes a packet's payload; null means the packet has none. It must
/// outlive only the call it is passed to, like a string_view.
class PayloadRef {
public:
    /// No payload; or any function of a Writer.
    PayloadRef(std::nullptr_t) noexcept {}
    template <class F>
    requires(std::invocable<F const&, Writer&> && !std::same_as<std::remove_cvref_t<F>, PayloadRef>)
        PayloadRef(F const& function)
    noexcept
        : function_(std::addressof(function)), call_([](void const* target, Writer& writer) {
              (*static_cast<F const*>(target))(writer);
          }) {}

    /// Whether there is a payload; and telling it.
    explicit operator bool() const noexcept { return call_ != nullptr; }
    void operator()(Writer& writer) const { call_(function_, writer); }

private:
    void const* function_ = nullptr;
    void (*call_)(void const*, Writer&) = nullptr;
};

/// JSON text as JSON.stringify prints it. With an attachment list, binaries move there and leave
/// {"_placeholder":true,"num":N}; without one they print as Node's Buffer does.
class TextWriter final : public Writer {
public:
    /// Appends to `out`; both referenced objects must outlive the writer.
    explicit TextWriter(std::string& out, std::vector<std::string>* attachments = nullptr)
        : out_(out), attachments_(attachments) {}

    /// As of Writer.
    void null() override;
    void undefined() override;
    void boolean(bool value) override;
    void integer(std::int64_t value) override;
    void number(double value) override;
    void string(std::string_view text) override;
    void binary(std::string_view bytes) override;
    void begin_array(std::size_t size) override;
    void end_array() override;
    void begin_object(std::size_t size) override;
    void key(std::string_view name) override;
    void end_object() override;
    void raw(std::string_view json) override;

private:
    void before_value();

    std::string& out_;
    std::vector<std::string>* attachments_;
    // Where the current member began and whether a comma was due there, so that undefined() can
    // take the key back.
    std::size_t member_start_ = 0;
    bool comma_due_at_member_ = false;
    bool comma_due_ = false;
    bool after_key_ = false;
};

/// A Json tree. Sizes are only hints here, so a decoder may pass on what a peer claimed. The open
/// containers are kept on a heap stack: building a tree never recurses, whoever drives it.
class TreeWriter final : public Writer {
public:
    /// As of Writer.
    void null() override { add(nullptr); }
    void undefined() override;
    void boolean(bool value) override { add(value); }
    void integer(std::int64_t value) override { add(value); }
    void number(double value) override { add(value); }
    void string(std::string_view text) override { add(text); }
    void binary(std::string_view bytes) override { add(Binary{std::string(bytes)}); }
    void begin_array(std::size_t size) override;
    void end_array() override;
    void begin_object(std::size_t size) override;
    void key(std::string_view name) override;
    void end_object() override;

    /// A value that is a tree already.
    void value(Json value) { add(std::move(value)); }
    /// Containers begun and not ended.
    std::size_t depth() const { return open_.size(); }
    /// The finished value, once depth() is 0 again.
    Json take() { return std::move(root_); }

private:
    struct Container {
        bool is_object = false;
        std::string key;
        Json::Array items;
        std::vector<Json::Member> members;
    };

    void add(Json value);

    std::vector<Container> open_;
    Json root_;
};

}  // namespace socketio
