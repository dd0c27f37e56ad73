#pragma once

#include "socketio/emit.hpp"
#include "socketio/selection.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio {

/// Whom to send to and how, the part that all operators have in common: every call returns a
/// changed copy of the `Operator`, which derives from this. Any thread.
template <class Operator>
class Addressing {
public:
    /// Adds rooms; without any, everybody is meant.
    Operator to(RoomList rooms) const {
        return changed([&](Addressing& copy) { append(copy.selection_.rooms, rooms); });
    }
    /// The same.
    Operator in(RoomList rooms) const { return to(std::move(rooms)); }
    /// Leaves out whoever is in one of these rooms.
    Operator except(RoomList rooms) const {
        return changed([&](Addressing& copy) { append(copy.selection_.except, rooms); });
    }
    /// May be dropped for clients that can't be written to at once.
    Operator volatile_() const {
        return changed([](Addressing& copy) { copy.flags_.is_volatile = true; });
    }
    /// Off: long polling sends this packet uncompressed.
    Operator compress(bool on) const {
        return changed([on](Addressing& copy) { copy.flags_.compress = on; });
    }
    /// This server only, not the cluster.
    Operator local() const {
        return changed([](Addressing& copy) { copy.flags_.local = true; });
    }

protected:
    /// @private For the operators.
    Addressing(Selection selection, EmitFlags flags)
        : selection_(std::move(selection)), flags_(flags) {}

    /// @private For the operators.
    template <class F>
    Operator changed(F change) const {
        Operator copy = static_cast<Operator const&>(*this);
        change(copy);
        return copy;
    }

    /// @private For the operators.
    Selection selection_;
    EmitFlags flags_;

private:
    static void append(std::vector<std::string>& names, RoomList& rooms) {
        for (auto& room : rooms.names) {
            names.push_back(std::move(room));
        }
    }
};

/// The shortcuts of an `Owner` whose all() is an `Operator` for every connected socket it has:
/// owner.to("room") is owner.all().to("room"). Any thread.
template <class Owner, class Operator>
class AddressesAll {
public:
    /// As of Addressing, beginning with everybody.
    Operator to(RoomList rooms) { return everybody().to(std::move(rooms)); }
    Operator in(RoomList rooms) { return everybody().to(std::move(rooms)); }
    Operator except(RoomList rooms) { return everybody().except(std::move(rooms)); }
    Operator volatile_() { return everybody().volatile_(); }
    Operator compress(bool on) { return everybody().compress(on); }
    Operator local() { return everybody().local(); }

    /// To every connected socket.
    template <class... A>
    void emit(std::string_view event, A const&... args) {
        everybody().emit(event, args...);
    }
    /// emit("message", …).
    template <class... A>
    void send(A const&... args) {
        everybody().emit("message", args...);
    }

protected:
    /// @private For the owners.
    Operator everybody() { return static_cast<Owner*>(this)->all(); }
};

}  // namespace socketio
