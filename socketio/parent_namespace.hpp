#pragma once

#include "socketio/addressing.hpp"
#include "socketio/emit.hpp"
#include "socketio/handler_table.hpp"
#include "socketio/namespace_ptr.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio {

class Core;

/// Whom a ParentNamespace addresses: the same selection in each of its children.
class ParentOperator : public Addressing<ParentOperator> {
public:
    /// @private Made by ParentNamespace::to and its kin.
    ParentOperator(Core& core, std::shared_ptr<HandlerTable> family, Selection selection = {},
                   EmitFlags flags = {})
        : Addressing(std::move(selection), flags), core_(&core), family_(std::move(family)) {}

    /// Encodes per child, because the namespace is part of the packet.
    template <class... A>
    void emit(std::string_view event, A const&... args) const {
        with_event(
            event, [this](EventRef const& e) { broadcast(e); }, args...);
    }

private:
    void broadcast(EventRef const& event) const;

    Core* core_;
    std::shared_ptr<HandlerTable> family_;
};

/// The handlers of a family of dynamic namespaces, made by Server::of with a pattern or a
/// predicate: all children share them, and the shortcuts address all children. Registering only
/// before listen(); emitting on any thread.
class ParentNamespace final : public HandlerRegistry,
                              public AddressesAll<ParentNamespace, ParentOperator> {
public:
    /// Whether a namespace of that name is to be made for a client with that auth payload.
    using Admit = std::function<bool(std::string const& name, Json const& auth)>;

    /// @private Made by Server::of.
    ParentNamespace(Core& core, Admit admit, bool by_name)
        : HandlerRegistry(std::make_shared<HandlerTable>()), core_(core), admit_(std::move(admit)),
          by_name_(by_name) {}

    /// The children that exist now; fetch_sockets and the like are theirs. Any thread.
    std::vector<NamespacePtr> children() const;

private:
    friend class AddressesAll<ParentNamespace, ParentOperator>;
    friend class Core;
    ParentOperator all() { return ParentOperator(core_, table_); }

    Core& core_;
    Admit admit_;
    bool by_name_;  // a pattern: Server::of(name) finds its parent by it, too
};

}  // namespace socketio
