package ivr

// names gathers the variables of a site's flows: those that some node gives a value, and those of them that are secret.
type names struct{ all, secret map[string]bool }

// variables are the names that some node of the flows sets, and those of them that are secret.
func variables(flows []Flow) names {
	v := names{map[string]bool{}, map[string]bool{}}
	for i := range flows {
		for j := range flows[i].Nodes {
			v.node(&flows[i].Nodes[j])
		}
	}
	return v
}

func (v names) node(n *Node) {
	if n.Set != nil {
		v.settings(n.Set.Values)
	}
	if n.SubFlow != nil {
		v.settings(n.SubFlow.With)
		for _, r := range n.SubFlow.Results {
			v.add(r.Name, false)
		}
	}
	if n.Collect != nil {
		v.add(n.Collect.Into, n.Collect.Secret.Value)
	}
	if n.List != nil {
		for _, p := range n.List.Into {
			v.add(p.Name, false)
		}
	}
	if n.HTTP != nil {
		for _, p := range n.HTTP.Into {
			v.add(p.Name, p.Secret.Value)
		}
	}
	if n.Ticket != nil && n.Ticket.Number.IsSet() {
		v.add(n.Ticket.Number, false)
	}
}

func (v names) settings(values []SetValue) {
	for _, s := range values {
		v.add(s.Name, false)
	}
}

func (v names) add(name At[string], secret bool) {
	v.all[name.Value] = true
	if secret {
		v.secret[name.Value] = true
	}
}
