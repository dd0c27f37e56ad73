#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace socketio {

class Namespace;

/// Keeps a dynamic namespace alive after it was cleaned up. The other namespaces live as long as
/// their server and are not counted, so that addressing them costs nothing; a mark in the pointer
/// tells which it is, so that one that outlives its server touches nothing when it goes. Any
/// thread.
class NamespacePtr {
public:
    NamespacePtr() noexcept = default;
    NamespacePtr(std::nullptr_t) noexcept {}
    NamespacePtr(Namespace* nsp) noexcept;  ///< of a living server
    NamespacePtr(NamespacePtr const& other) noexcept : bits_(other.bits_) {
        if (is_counted()) {
            add_reference();
        }
    }
    NamespacePtr(NamespacePtr&& other) noexcept : bits_(std::exchange(other.bits_, 0)) {}
    NamespacePtr& operator=(NamespacePtr other) noexcept {
        std::swap(bits_, other.bits_);
        return *this;
    }
    ~NamespacePtr() {
        if (is_counted()) {
            release();
        }
    }

    Namespace* get() const noexcept { return reinterpret_cast<Namespace*>(bits_ & ~counted); }
    Namespace* operator->() const noexcept { return get(); }
    Namespace& operator*() const noexcept { return *get(); }
    explicit operator bool() const noexcept { return bits_ != 0; }

    friend bool operator==(NamespacePtr const& a, Namespace const* b) noexcept {
        return a.get() == b;
    }

private:
    static constexpr std::uintptr_t counted = 1;

    bool is_counted() const noexcept { return (bits_ & counted) != 0; }
    void add_reference() const noexcept;
    void release() const noexcept;

    std::uintptr_t bits_ = 0;
};

}  // namespace socketio
